"""Operations that keep others waiting."""
