"""Operations against what is there when they run."""
