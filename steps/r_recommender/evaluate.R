# Evaluates a model on users it has not seen, beside what is simpler than it.
#
# Reads processing/model/model.tar.gz and processing/held_out/{shown,hidden}/ratings.csv below
# /opt/ml; writes processing/evaluation/evaluation.json.

for (file in c("faults.R", "ratings.R", "similarities.R", "recommender.R", "measures.R", "model.R")) {
  source(file)
}

COUNT <- 5L

# Unpacks model.tar.gz aside and reads the model in it.
read_packed_model <- function(archive) {
  if (!file.exists(archive)) bad_input(sprintf("no %s, expected the training job's model", archive))
  members <- tryCatch(suppressWarnings(utils::untar(archive, list = TRUE)),
                      error = function(fault) character())
  member <- grep("^(\\./)?model\\.rds$", members, value = TRUE)
  if (length(member) != 1) {
    bad_input(sprintf("%s: no archive with model.rds at its top level", archive))
  }
  directory <- tempfile()
  dir.create(directory)
  utils::untar(archive, files = member, exdir = directory)
  read_model(directory)
}

# Each held-out user's shown and hidden ratings by the model's positions of their items.
held_out_users <- function(model, shown, hidden) {
  shown <- split(shown, factor(shown$user, unique(hidden$user)))
  hidden <- split(hidden, factor(hidden$user, names(shown)))
  lapply(stats::setNames(names(shown), names(shown)), function(name) {
    seen <- shown[[name]][shown[[name]]$item %in% model$items, ]
    list(
      shown = list(position = match(seen$item, model$items), rating = seen$rating),
      hidden = list(position = match(hidden[[name]]$item, model$items),
                    rating = hidden[[name]]$rating)
    )
  })
}

evaluate_model <- function(model, shown, hidden) {
  users <- held_out_users(model, shown, hidden)
  values <- function(...) lapply(measure(...), function(number) list(value = number))
  list(
    recommender_metrics = values(by_model, model, users, COUNT),
    baselines = list(
      most_popular = values(by_popularity, model, users, COUNT),
      user_mean = values(by_user_mean, model, users, COUNT),
      global_mean = values(by_global_mean, model, users, COUNT),
      # Why ratings are centred: the same without it, with the ten neighbours that are usual.
      uncentred_cosine = values(by_model, uncentred(model), users, COUNT)
    ),
    model = model[c("method", "nn")],
    counts = list(users = length(model$users), items = length(model$items),
                  held_out_users = length(users), hidden_ratings = nrow(hidden))
  )
}

# The same users' ratings as they are, not less their means.
uncentred <- function(model) {
  place <- as.matrix(Matrix::summary(model$rated)[c("i", "j")])
  ratings <- data.frame(
    user = model$users[place[, "j"]], item = model$items[place[, "i"]],
    rating = model$offsets[place] + model$means[place[, "j"]]
  )
  fit(ratings, "cosine", 10L, centre = FALSE)
}

write_evaluation <- function(evaluation, directory) {
  dir.create(directory, showWarnings = FALSE, recursive = TRUE)
  unfinished <- file.path(directory, ".evaluation.json")
  writeLines(jsonlite::toJSON(evaluation, auto_unbox = TRUE, digits = 6, pretty = TRUE), unfinished)
  file.rename(unfinished, file.path(directory, "evaluation.json"))
}

evaluate_step <- function(processing = file.path(base_directory(), "processing")) {
  held_out <- function(part) {
    read_directory(file.path(processing, "held_out", part), paste0("held_out/", part))
  }
  read <- results_of(
    model = function() read_packed_model(file.path(processing, "model/model.tar.gz")),
    shown = function() held_out("shown"),
    hidden = function() held_out("hidden")
  )
  evaluation <- evaluate_model(read$model, read$shown, read$hidden)
  write_evaluation(evaluation, file.path(processing, "evaluation"))
  rows <- c(list(model = evaluation$recommender_metrics), evaluation$baselines)
  for (name in names(rows)) {
    values <- vapply(rows[[name]], function(each) sprintf("%.4f", each$value), "")
    cat(sprintf("%-17s %s\n", name, paste0(names(values), "=", values, collapse = " ")))
  }
}

run_step(evaluate_step, file.path(base_directory(), "output/message"))
