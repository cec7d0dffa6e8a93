# User-based collaborative filtering: who rates as you do knows what you may like.
#
# A model holds the ratings of the users it was trained on, less each user's mean, as sparse
# matrices of items x users, and what can be computed of them beforehand.
#
# A rating of 0 is a rating: the matrix `rated` tells it from none.

# Makes a model of a table of ratings (user, item, rating; distinct pairs).
#
# `centre = FALSE` leaves the ratings as they are: for comparison, never for serving.
fit <- function(ratings, method, nn, centre = TRUE) {
  users <- in_natural_order(ratings$user)
  items <- in_natural_order(ratings$item)
  column <- match(ratings$user, users)
  means <- if (centre) user_means(ratings$rating, column, length(users)) else rep(0, length(users))
  sparse <- function(values) {
    Matrix::sparseMatrix(i = match(ratings$item, items), j = column, x = values,
                         dims = c(length(items), length(users)))
  }
  offsets <- ratings$rating - means[column]
  model <- list(
    method = method, nn = nn, users = users, items = items, centre = centre,
    means = means, offsets = sparse(offsets), squares = sparse(offsets^2),
    rated = sparse(rep(1, nrow(ratings))),
    mean = mean(ratings$rating), range = range(ratings$rating)
  )
  model$norms <- sqrt(Matrix::colSums(model$squares))
  model$popularity <- Matrix::rowSums(model$rated)
  model$everyone <- Matrix::rowMeans(model$offsets)
  model
}

user_means <- function(ratings, column, count) {
  as.vector(rowsum(ratings, factor(column, seq_len(count)))) / tabulate(column, count)
}

# The first users in order of their ids, as many as `n_users` says; all without it.
first_users <- function(ratings, n_users) {
  if (is.null(n_users)) return(ratings)
  users <- in_natural_order(ratings$user)
  if (n_users > length(users)) {
    bad_input(sprintf("hyperparameter n_users: got %d, but the data have %d users", n_users,
                      length(users)))
  }
  ratings[ratings$user %in% users[seq_len(n_users)], ]
}

# A user who need not be one of the model's, by what the user has rated: positions and ratings.
user_of <- function(model, items, ratings) {
  mean <- if (length(ratings) > 0) mean(ratings) else model$mean
  user <- list(
    mean = mean, offsets = numeric(length(model$items)), rated = numeric(length(model$items))
  )
  user$offsets[items] <- ratings - if (model$centre) mean else 0
  user$rated[items] <- 1
  user
}

# The nearest users and their similarities; of equally near ones the first.
neighbours <- function(model, user) {
  similarity <- SIMILARITIES[[model$method]](model, user)
  nearest <- utils::head(order(-similarity), model$nn)
  nearest <- nearest[similarity[nearest] > 0]
  list(users = nearest, similarities = similarity[nearest])
}

# A number for each item, the higher the better: the user's mean and, weighted by similarity, by
# how much the neighbours rate the item above their own; who has not rated it counts as the mean.
#
# Whose ratings tell nothing, because they are all equal, has all users for neighbours.
scores_of <- function(model, user, near = neighbours(model, user)) {
  base <- if (model$centre) user$mean else 0
  if (length(near$users) == 0) return(base + model$everyone)
  total <- model$offsets[, near$users, drop = FALSE] %*% near$similarities
  base + as.vector(total) / sum(near$similarities)
}

# What the user would rate each item: as the scores, but of those neighbours who have rated it.
predictions_of <- function(model, user, near = neighbours(model, user)) {
  base <- if (model$centre) user$mean else 0
  total <- as.vector(model$offsets[, near$users, drop = FALSE] %*% near$similarities)
  weight <- as.vector(model$rated[, near$users, drop = FALSE] %*% near$similarities)
  unknown <- if (model$centre) user$mean else model$mean
  predicted <- ifelse(weight > 0, base + ratio(total, weight), unknown)
  pmin(pmax(predicted, model$range[1]), model$range[2])
}

# The positions of the best items that the user has not rated; of equally good ones the first.
best_items <- function(scores, user, count) {
  scores[user$rated > 0] <- -Inf
  best <- utils::head(order(-scores), count)
  best[is.finite(scores[best])]
}
