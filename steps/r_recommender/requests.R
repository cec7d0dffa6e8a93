# Requests to the endpoint and its answers.

TOP_K <- 5L
TOP_K_AT_MOST <- 100L
CONTENT_TYPES <- "text/csv (a header, then user_id,item_id,rating rows) or application/json"
JSON_EXPECTED <- paste0(
  "expected {\"instances\": [{\"user_id\": \"1\", \"item_id\": \"1\", \"rating\": 5}, ...],",
  " \"top_k\": 5}"
)
NAME <- "request"

# Answers a request: list(status =, type =, body =). Users are in the order in which the request names them.
answer <- function(model, body, content_type, accept) {
  type <- answer_type(accept)
  request <- read_request(body, content_type)
  ratings <- checked_for(model, request$ratings)
  written <- if (type == "text/csv") as_csv else as_json
  list(status = 200L, type = type, body = written(recommend(model, ratings, request$top_k)))
}

# The best items of each user: a data frame of user_id, item_id, score.
recommend <- function(model, ratings, top_k) {
  position <- match(ratings$item, model$items)
  users <- unique(ratings$user)
  lists <- lapply(users, function(name) {
    own <- ratings$user == name
    user <- user_of(model, position[own], ratings$rating[own])
    scores <- scores_of(model, user)
    best <- best_items(scores, user, top_k)
    list(user = rep(name, length(best)), item = model$items[best], score = scores[best])
  })
  data.frame(
    user_id = unlist(lapply(lists, `[[`, "user")), item_id = unlist(lapply(lists, `[[`, "item")),
    score = round(unlist(lapply(lists, `[[`, "score")), 6)
  )
}

as_json <- function(recommendations) {
  as.character(jsonlite::toJSON(list(recommendations = recommendations), digits = 6))
}

as_csv <- function(recommendations) {
  texts <- list(quoted(recommendations$user_id), quoted(recommendations$item_id),
                recommendations$score)
  rows <- do.call(paste, c(texts, sep = ","))
  paste0(paste(c("user_id,item_id,score", rows), collapse = "\n"), "\n")
}

quoted <- function(texts) {
  needs_quotes <- grepl("[\",\r\n]", texts)
  texts[needs_quotes] <- paste0("\"", gsub("\"", "\"\"", texts[needs_quotes]), "\"")
  texts
}

media_type <- function(header) tolower(trimws(sub(";.*", "", header)))

# The first of the types in Accept that there is; JSON where any will do.
answer_type <- function(accept) {
  if (is.null(accept) || !nzchar(accept)) return("application/json")
  for (type in media_type(strsplit(accept, ",", fixed = TRUE)[[1]])) {
    if (type %in% c("application/json", "application/*", "*/*")) return("application/json")
    if (type %in% c("text/csv", "text/*")) return("text/csv")
  }
  bad_input(sprintf("Accept: got '%s', expected application/json or text/csv", accept), 406L)
}

# Gives list(ratings =, top_k =).
read_request <- function(body, content_type) {
  type <- media_type(if (is.null(content_type)) "" else content_type)
  if (!type %in% c("text/csv", "application/json")) {
    bad_input(sprintf("Content-Type: got '%s', expected %s", type, CONTENT_TYPES), 415L)
  }
  # A text cannot hold a null character.
  text <- if (any(body == 0)) NA else rawToChar(body)
  if (is.na(text) || !validUTF8(text)) bad_input(paste0(NAME, ": the body is not text in UTF-8"))
  if (!nzchar(trimws(text))) bad_input(sprintf("%s: the body is empty, expected %s", NAME, type))
  if (type == "application/json") return(read_json(text))
  list(ratings = read_csv_text(text, NAME), top_k = TOP_K)
}

read_json <- function(text) {
  document <- tryCatch(
    jsonlite::parse_json(text, simplifyVector = TRUE, bigint_as_char = TRUE),
    error = function(fault) {
      first <- strsplit(conditionMessage(fault), "\n", fixed = TRUE)[[1]][1]
      bad_input(sprintf("%s: not JSON: %s; %s", NAME, trimws(first), JSON_EXPECTED))
    }
  )
  is_object <- is.list(document) && !is.null(names(document)) && !is.data.frame(document)
  instances <- if (is_object) document$instances else NULL
  unknown <- if (is_object) setdiff(names(document), c("instances", "top_k")) else character()
  faults <- c(
    if (length(unknown) > 0) {
      sprintf("%s: unknown member %s", NAME, paste(unknown, collapse = ", "))
    },
    if (!is.data.frame(instances) || any(vapply(instances, is.list, TRUE))) {
      sprintf("%s: no list of ratings under 'instances'; %s", NAME, JSON_EXPECTED)
    },
    if (is_object) top_k_faults(document$top_k)
  )
  if (length(faults) > 0) bad_input(faults)
  top_k <- if (is.null(document$top_k)) TOP_K else document$top_k
  list(ratings = as_ratings(instances, NAME), top_k = as.integer(top_k))
}

top_k_faults <- function(top_k) {
  if (is.null(top_k)) return(NULL)
  is_right <- is.numeric(top_k) && length(top_k) == 1 && is.finite(top_k) &&
    top_k == round(top_k) && top_k >= 1 && top_k <= TOP_K_AT_MOST
  if (is_right) return(NULL)
  sprintf("%s: top_k is %s, expected a whole number from 1 to %d", NAME,
          paste(format(top_k), collapse = ", "), TOP_K_AT_MOST)
}

# The ratings as numbers, if the model can use them all; else every fault.
checked_for <- function(model, ratings) {
  rating <- suppressWarnings(as.numeric(ratings$rating))
  beyond <- is.finite(rating) & (rating < model$range[1] | rating > model$range[2])
  unknown <- nzchar(ratings$item) & !ratings$item %in% model$items
  own_faults <- tryCatch({
    checked(ratings, NAME)
    character()
  }, bad_input = conditionMessage)
  faults <- c(
    own_faults,
    fault_of(unknown, sprintf("have an item that is none of the model's %d", length(model$items)),
             ratings$item, NAME),
    fault_of(beyond, sprintf("have a rating outside of the model's, %g to %g", model$range[1],
                             model$range[2]), ratings$rating, NAME),
    duplicate_faults(ratings, NAME)
  )
  if (length(faults) > 0) bad_input(faults)
  ratings$rating <- rating
  ratings
}
