"""Which extension of PostgreSQL brings a type, a function or an operator class.

From the control files and SQL scripts of PostgreSQL's contrib modules, of PostGIS and of pgvector.
"""

from __future__ import annotations

from typing import Final

BRINGS: Final = {
    "gin_trgm_ops": "pg_trgm", "gist_trgm_ops": "pg_trgm", "similarity": "pg_trgm", "word_similarity": "pg_trgm",
    "uuid_generate_v1": "uuid-ossp", "uuid_generate_v1mc": "uuid-ossp", "uuid_generate_v4": "uuid-ossp",
    "uuid_generate_v5": "uuid-ossp", "vector_l2_ops": "vector", "vector_cosine_ops": "vector", "vector_ip_ops": "vector",
    "vector_l1_ops": "vector", "halfvec_l2_ops": "vector", "halfvec_cosine_ops": "vector", "halfvec_ip_ops": "vector",
    "halfvec_l1_ops": "vector", "sparsevec_l2_ops": "vector", "sparsevec_cosine_ops": "vector", "sparsevec_ip_ops": "vector",
    "bit_hamming_ops": "vector", "bit_jaccard_ops": "vector", "gen_salt": "pgcrypto", "crypt": "pgcrypto", "pgp_sym_encrypt": "pgcrypto",
    "pgp_sym_decrypt": "pgcrypto", "pgp_pub_encrypt": "pgcrypto", "pgp_pub_decrypt": "pgcrypto", "gen_random_bytes": "pgcrypto",
    "uuid_generate_v3": "uuid-ossp", "strict_word_similarity": "pg_trgm", "gin__int_ops": "intarray", "gist__int_ops": "intarray",
    "gist_ltree_ops": "ltree", "levenshtein": "fuzzystrmatch", "dmetaphone": "fuzzystrmatch", "crosstab": "tablefunc",
    "st_setsrid": "postgis", "st_makepoint": "postgis", "st_geomfromtext": "postgis", "st_transform": "postgis", "ll_to_earth": "earthdistance",
    "unaccent": "unaccent", "gist_geometry_ops_2d": "postgis", "earth_distance": "earthdistance",
}  # fmt: skip
PYTHON_TYPES: Final = {
    "pgvector.sqlalchemy": "vector", "geoalchemy2": "postgis", "sqlalchemy.dialects.postgresql.CITEXT": "citext",
    "sqlalchemy.dialects.postgresql.HSTORE": "hstore", "sqlalchemy_utils.LtreeType": "ltree", "sqlalchemy_utils.Ltree": "ltree", "citext": "citext",
}  # fmt: skip
SQL_TYPES: Final = {
    "vector": "vector",
    "halfvec": "vector",
    "sparsevec": "vector",
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree",
    "geometry": "postgis",
    "geography": "postgis",
}
