# The hyperparameters of training, as SageMaker hands them over: every value is text.

# Reads and checks them; names every one that is wrong.
read_hyperparameters <- function(path) {
  texts <- if (file.exists(path)) jsonlite::fromJSON(path) else list()
  texts <- texts[!grepl("^(_|sagemaker_)", names(texts))] # SageMaker's own
  values <- list(method = "cosine_all", nn = 50L, n_users = NULL)
  unknown <- setdiff(names(texts), names(HYPERPARAMETERS))
  faults <- sprintf("hyperparameter %s: unknown; known are %s", unknown,
                    paste(names(HYPERPARAMETERS), collapse = ", "))
  for (name in intersect(names(texts), names(HYPERPARAMETERS))) {
    rule <- HYPERPARAMETERS[[name]]
    # The SDK writes them as JSON, a text within quotes.
    text <- gsub("^\"|\"$", "", as.character(texts[[name]]))
    if (rule$is_right(text)) {
      values[[name]] <- rule$read(text)
    } else {
      faults <- c(faults, sprintf("hyperparameter %s: got '%s', expected %s", name, text,
                                  rule$expected))
    }
  }
  if (length(faults) > 0) bad_input(faults)
  values
}

whole_number_from <- function(least) {
  function(text) grepl("^[0-9]{1,9}$", text) && as.integer(text) >= least
}

HYPERPARAMETERS <- list(
  method = list(
    is_right = function(text) text %in% names(SIMILARITIES),
    read = identity,
    expected = paste("one of", paste(names(SIMILARITIES), collapse = ", "))
  ),
  nn = list(
    is_right = whole_number_from(1), read = as.integer, expected = "a whole number from 1"
  ),
  n_users = list(
    is_right = whole_number_from(2), read = as.integer, expected = "a whole number from 2"
  )
)
