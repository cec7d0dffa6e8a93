# The model as training left it.

# Reads model.rds of a directory.
read_model <- function(directory) {
  path <- file.path(directory, "model.rds")
  if (!file.exists(path)) bad_input(sprintf("no model.rds in %s, expected a trained model", directory))
  tryCatch(
    {
      loadNamespace("Matrix") # whose matrices are in it
      readRDS(path)
    },
    error = function(fault) bad_input(sprintf("%s cannot be read: %s", path, conditionMessage(fault)))
  )
}
