# How good recommendations and predictions are, on users whose ratings are hidden in part.
#
# A recommended item is a hit when the user has rated it above their own mean, among the hidden
# ratings: what somebody has read and disliked is no success.

# What a recommender makes of one user: `best`, positions of items, and `predicted`, a number for
# each hidden rating. `hidden` is a list of position (NA for an item the model has not), rating.
by_model <- function(model, user, hidden, count) {
  near <- neighbours(model, user)
  predicted <- predictions_of(model, user, near)[hidden$position]
  # An item that nobody has rated is rated as the user rates.
  predicted[is.na(predicted)] <- user$mean
  list(best = best_items(scores_of(model, user, near), user, count), predicted = predicted)
}

# The items that most have rated; of ratings it says nothing.
by_popularity <- function(model, user, hidden, count) {
  list(best = best_items(model$popularity, user, count), predicted = NULL)
}

by_user_mean <- function(model, user, hidden, count) {
  list(best = NULL, predicted = rep(user$mean, length(hidden$rating)))
}

by_global_mean <- function(model, user, hidden, count) {
  list(best = NULL, predicted = rep(model$mean, length(hidden$rating)))
}

# Measures one recommender on all users: a list of names and numbers.
measure <- function(recommender, model, users, count) {
  results <- lapply(users, function(each) {
    user <- user_of(model, each$shown$position, each$shown$rating)
    made <- recommender(model, user, each$hidden, count)
    liked <- each$hidden$position[each$hidden$rating > user$mean]
    list(
      hits = sum(made$best %in% liked), rated = sum(made$best %in% each$hidden$position),
      liked = length(liked), has_best = !is.null(made$best),
      errors = if (is.null(made$predicted)) numeric() else made$predicted - each$hidden$rating
    )
  })
  c(list_measures(results, count), error_measures(unlist(lapply(results, `[[`, "errors"))))
}

list_measures <- function(results, count) {
  if (!all(vapply(results, `[[`, TRUE, "has_best"))) return(list())
  hits <- vapply(results, `[[`, 0, "hits")
  liked <- vapply(results, `[[`, 0, "liked")
  measures <- list(
    precision = mean(hits) / count,
    # Of those users who have liked anything.
    recall = if (any(liked > 0)) mean(hits[liked > 0] / liked[liked > 0]) else 0,
    hit_rate = mean(hits > 0),
    # Hits as others count them: any hidden item, liked or not.
    rated_precision = mean(vapply(results, `[[`, 0, "rated")) / count
  )
  stats::setNames(measures, paste0(names(measures), "_at_", count))
}

error_measures <- function(errors) {
  if (length(errors) == 0) return(list())
  list(rmse = sqrt(mean(errors^2)), mae = mean(abs(errors)))
}
