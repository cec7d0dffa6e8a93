# Bad input: one condition that names every fault, and the file in which SageMaker looks for it.

MESSAGE_CHARACTERS <- 1024

# Stops with all faults in one line. `status` is what an endpoint answers with.
bad_input <- function(faults, status = 400L) {
  text <- paste(gsub("[[:space:]]+", " ", faults), collapse = " | ")
  stop(structure(
    list(message = text, call = NULL, status = status),
    class = c("bad_input", "error", "condition")
  ))
}

# What each of the functions gives, by name; the faults of all of them are told together.
results_of <- function(...) {
  results <- lapply(list(...), function(read) tryCatch(read(), bad_input = identity))
  faults <- Filter(function(result) inherits(result, "bad_input"), results)
  if (length(faults) > 0) bad_input(vapply(faults, conditionMessage, ""))
  results
}

text_of <- function(fault) {
  if (inherits(fault, "bad_input")) return(paste("bad input:", conditionMessage(fault)))
  where <- if (is.null(conditionCall(fault))) "" else deparse(conditionCall(fault))[1]
  trimws(paste("error:", conditionMessage(fault), where))
}

# Runs a step. What stops it is printed and, given a path, written there; the process ends with 1.
#
# Source: FailureReason of DescribeTrainingJob is /opt/ml/output/failure, ExitMessage of
# DescribeProcessingJob is /opt/ml/output/message; both keep 1,024 characters.
run_step <- function(step, path = NULL) {
  tryCatch(step(), error = function(fault) {
    text <- text_of(fault)
    message(text)
    if (!is.null(path)) {
      dir.create(dirname(path), showWarnings = FALSE, recursive = TRUE)
      cat(substr(text, 1, MESSAGE_CHARACTERS), file = path)
    }
    quit(save = "no", status = 1)
  })
}

# Where SageMaker's directories are: /opt/ml unless the variable of AWS's toolkits says otherwise.
base_directory <- function() Sys.getenv("SAGEMAKER_BASE_DIR", "/opt/ml")
