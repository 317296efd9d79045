"""What MySQL and MariaDB need."""
