"""Finding again what people said: who may see what, where it is looked for, what fits best."""
