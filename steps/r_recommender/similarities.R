# How alike one user is to each user of a model: numbers from 0 (nothing in common) to 1.
#
# `user$offsets` are the user's ratings less their mean, 0 for an item that is not rated, and
# `user$rated` is 1 for each rated item. Of the users of a model, `offsets` and `rated` are the
# same, one column a user; `squares` are the squared offsets.

ratio <- function(numerator, denominator) {
  is_defined <- denominator > 1e-9
  ifelse(is_defined, numerator / ifelse(is_defined, denominator, 1), 0)
}

products <- function(matrix, vector) as.vector(Matrix::crossprod(matrix, vector))

# Cosine over the items that both have rated, its sign left away: chapter 7's, which is that of
# recommenderlab. A user with one item in common has similarity 1.
cosine <- function(model, user) {
  own <- products(model$rated, user$offsets^2)
  theirs <- products(model$squares, user$rated)
  abs(ratio(products(model$offsets, user$offsets), sqrt(own * theirs)))
}

# Correlation over the items that both have rated; who rates the other way round is no neighbour.
pearson <- function(model, user) {
  both <- pmax(products(model$rated, user$rated), 1)
  own_sum <- products(model$rated, user$offsets)
  their_sum <- products(model$offsets, user$rated)
  covariance <- products(model$offsets, user$offsets) - own_sum * their_sum / both
  own <- products(model$rated, user$offsets^2) - own_sum^2 / both
  theirs <- products(model$squares, user$rated) - their_sum^2 / both
  pmax(ratio(covariance, sqrt(pmax(own, 0) * pmax(theirs, 0))), 0)
}

# Cosine over all items, an unrated one counting as rated with the mean: few items in common make
# little similarity. Who rates the other way round is no neighbour.
cosine_all <- function(model, user) {
  norm <- sqrt(sum(user$offsets^2))
  pmax(ratio(products(model$offsets, user$offsets), norm * model$norms), 0)
}

SIMILARITIES <- list(cosine = cosine, pearson = pearson, cosine_all = cosine_all)
