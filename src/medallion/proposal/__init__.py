"""A first declaration for files: types, keys and rules that fit the values they have."""
