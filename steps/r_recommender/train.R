# Trains a recommender: channel `train` (csv of user, item, rating) in, model.rds out.

for (file in c("faults.R", "ratings.R", "similarities.R", "recommender.R", "hyperparameters.R")) {
  source(file)
}

LEAST <- 2 # users, items and different ratings, without which there is nothing to compare

size_faults <- function(ratings) {
  counts <- c(
    users = length(unique(ratings$user)), items = length(unique(ratings$item)),
    "different ratings" = length(unique(ratings$rating))
  )
  few <- counts[counts < LEAST]
  sprintf("channel 'train': got %d %s, expected at least %d", few, names(few), LEAST)
}

train <- function(base = base_directory()) {
  read <- results_of(
    hyperparameters = function() {
      read_hyperparameters(file.path(base, "input/config/hyperparameters.json"))
    },
    ratings = function() read_directory(file.path(base, "input/data/train"), "train")
  )
  hyperparameters <- read$hyperparameters
  ratings <- first_users(read$ratings, hyperparameters$n_users)
  faults <- size_faults(ratings)
  if (length(faults) > 0) bad_input(faults)
  model <- fit(ratings, hyperparameters$method, hyperparameters$nn)
  write_model(model, file.path(base, "model"))
  cat(sprintf("method=%s; nn=%d; users=%d; items=%d; ratings=%d;\n", model$method, model$nn,
              length(model$users), length(model$items), nrow(ratings)))
}

# The file is whole or absent.
write_model <- function(model, directory) {
  dir.create(directory, showWarnings = FALSE, recursive = TRUE)
  unfinished <- file.path(directory, ".model.rds")
  saveRDS(model, unfinished)
  file.rename(unfinished, file.path(directory, "model.rds"))
}

run_step(train, file.path(base_directory(), "output/failure"))
