# Serves the model: GET /ping and POST /invocations on port 8080.

for (file in c("faults.R", "ratings.R", "similarities.R", "recommender.R", "requests.R", "model.R")) {
  source(file)
}

# On AWS the container's network is its own. Elsewhere the recipe says BIND_HOST=127.0.0.1.
host <- function() Sys.getenv("BIND_HOST", "0.0.0.0")

# Source: SAGEMAKER_BIND_TO_PORT is set where several containers share a network.
port <- function() as.integer(Sys.getenv("SAGEMAKER_BIND_TO_PORT", "8080"))

# Answers one request to /invocations. A fault of the request is the client's, any other ours.
invocation <- function(req, res) {
  # httpuv sends an answer in two packets, and the second waits for the client to acknowledge the
  # first, which on a kept connection takes the kernel 40 ms. On a new one it takes none.
  res$setHeader("Connection", "close")
  found <- tryCatch(
    answer(model, req$bodyRaw, req$HTTP_CONTENT_TYPE, req$HTTP_ACCEPT), error = refusal
  )
  res$status <- found$status
  res$setHeader("Content-Type", found$type)
  res$body <- found$body
  res
}

refusal <- function(fault) {
  status <- if (inherits(fault, "bad_input")) fault$status else 500L
  cat(sprintf("POST /invocations answered %d: %s\n", status, text_of(fault)))
  body <- jsonlite::toJSON(list(error = text_of(fault)), auto_unbox = TRUE)
  list(status = status, type = "application/json", body = as.character(body))
}

serve <- function() {
  model <<- read_model(file.path(base_directory(), "model"))
  plumber::register_parser("whole", function(...) function(value, ...) NULL, regex = ".*")
  # Once before /ping answers, because the first call of each function takes longest.
  recommend(model, data.frame(user = "", item = model$items[1], rating = model$range[1]), TOP_K)
  router <- plumber::plumb("plumber.R")
  cat(sprintf("serving %d users and %d items on %s:%d\n", length(model$users),
              length(model$items), host(), port()))
  plumber::pr_run(router, host = host(), port = port(), docs = FALSE, quiet = TRUE)
}

run_step(serve)
