# Ratings as text: read from csv or JSON, and checked row by row.
#
# A table of ratings is a data frame of the columns user, item and rating, all of them text, whose
# attribute `names_given` says what its source called them.

ROWS_SHOWN <- 3
EXPECTED_COLUMNS <- paste(
  "expected user_id (or user_ind), one item column that ends in _id or _ind",
  "(item_id, book_id, book_ind), and rating"
)

# All csv files of a directory as one table; hidden files are no data.
read_directory <- function(directory, channel) {
  files <- sort(list.files(directory, recursive = TRUE))
  if (length(files) == 0) {
    bad_input(sprintf("channel '%s': no file in %s, expected csv files", channel, directory))
  }
  tables <- list()
  faults <- character()
  for (file in files) {
    read <- function() checked(read_csv_file(file.path(directory, file), file), file)
    table <- tryCatch(read(), bad_input = conditionMessage)
    if (is.character(table)) faults <- c(faults, table) else tables[[file]] <- table
  }
  if (length(faults) > 0) bad_input(faults)
  together <- do.call(rbind, unname(tables))
  attr(together, "names_given") <- attr(tables[[1]], "names_given")
  faults <- duplicate_faults(together, sprintf("channel '%s'", channel))
  if (length(faults) > 0) bad_input(faults)
  together
}

read_csv_file <- function(path, name) {
  if (file.size(path) == 0) bad_input(paste0(name, ": the file is empty; ", EXPECTED_COLUMNS))
  parse_csv(list(file = path), name)
}

read_csv_text <- function(text, name) parse_csv(list(text = text), name)

# `source` is list(file =) or list(text =).
parse_csv <- function(source, name) {
  options <- list(
    header = FALSE, sep = ",", quote = "\"", colClasses = "character", fill = FALSE,
    strip.white = TRUE, comment.char = "", na.strings = character(),
    encoding = "UTF-8" # R sorts no text of which it is not told so
  )
  cells <- tryCatch(
    suppressWarnings(do.call(utils::read.table, c(source, options))),
    error = function(fault) bad_input(table_fault(source, name, conditionMessage(fault)))
  )
  header <- unlist(cells[1, ], use.names = FALSE)
  if (!all(validUTF8(unlist(cells)))) bad_input(paste0(name, ": the text is not UTF-8"))
  rows <- cells[-1, , drop = FALSE]
  names(rows) <- header
  as_ratings(rows, name)
}

# Why a text is no table: rows that are longer or shorter than the header, or R's own words.
table_fault <- function(source, name, said) {
  input <- if (is.null(source$text)) file(source$file) else textConnection(source$text)
  on.exit(close(input))
  counts <- utils::count.fields(input, sep = ",", quote = "\"", comment.char = "")
  is_other <- counts[-1] != counts[1]
  if (anyNA(counts) || !any(is_other)) return(sprintf("%s: not a csv table: %s", name, said))
  what <- sprintf("have another number of values than the header's %d", counts[1])
  fault_of(is_other, what, counts[-1], name)
}

# Picks the columns user, item and rating out of a data frame of any columns.
as_ratings <- function(rows, name) {
  given <- names(rows)
  users <- given[given %in% c("user_id", "user_ind")]
  items <- setdiff(given[grepl("_(id|ind)$", given)], users)
  is_right <- length(users) == 1 && length(items) == 1 && sum(given == "rating") == 1
  if (!is_right) {
    bad_input(sprintf("%s: got columns %s; %s", name, paste(given, collapse = ", "),
                      EXPECTED_COLUMNS))
  }
  if (nrow(rows) == 0) bad_input(paste0(name, ": no rows below the header, expected ratings"))
  faults <- unlist(lapply(c(users, items), function(id) exact_faults(rows[[id]], id, name)))
  if (length(faults) > 0) bad_input(faults)
  table <- data.frame(
    user = as_text(rows[[users]]), item = as_text(rows[[items]]), rating = as_text(rows$rating)
  )
  attr(table, "names_given") <- c(user = users, item = items)
  table
}

# Numbers from 2^53 on, which JSON can write, are rounded: such an id would be another one's.
exact_faults <- function(values, column, name) {
  if (!is.numeric(values)) return(character())
  is_rounded <- !is.na(values) & abs(values) >= 2^53
  what <- sprintf("have a %s that is not exact as a number, expected it as text", column)
  fault_of(is_rounded, what, values, name)
}

# Numbers as people write them: an id of 100000 is not 1e+05.
as_text <- function(values) {
  if (is.character(values)) return(values)
  text <- if (is.numeric(values)) format(values, scientific = FALSE, trim = TRUE, digits = 15) else
    as.character(values)
  text[is.na(values)] <- ""
  text
}

# The same table when each row can be used, its ratings as numbers; else every fault of it.
checked <- function(table, name) {
  rating <- suppressWarnings(as.numeric(table$rating))
  faults <- c(
    id_faults(table, "user", name),
    id_faults(table, "item", name),
    fault_of(!is.finite(rating), "have a rating that is not a finite number", table$rating, name)
  )
  if (length(faults) > 0) bad_input(faults)
  table$rating <- rating
  table
}

id_faults <- function(table, column, name) {
  given <- attr(table, "names_given")[[column]]
  ids <- table[[column]]
  faults <- fault_of(!nzchar(ids), sprintf("have no %s", given), ids, name)
  if (!grepl("_ind$", given)) return(faults)
  is_wrong <- nzchar(ids) & !grepl("^[0-9]+$", ids)
  c(faults, fault_of(is_wrong, sprintf("have a %s that is no zero-based index", given), ids, name))
}

duplicate_faults <- function(table, name) {
  again <- duplicated(table[c("user", "item")])
  fault_of(again, "rate an item that the same user rated before (user, item)",
           paste(table$user, table$item, sep = ", "), name)
}

# One fault for all rows that share it: how many, which, and what they have.
fault_of <- function(is_wrong, what, values, name) {
  wrong <- which(is_wrong)
  if (length(wrong) == 0) return(character())
  shown <- utils::head(wrong, ROWS_SHOWN)
  more <- if (length(wrong) > ROWS_SHOWN) ", ..." else ""
  sprintf("%s: %d of %d rows %s: row %s%s: got %s%s", name, length(wrong), length(is_wrong), what,
          paste(shown, collapse = ", "), more, paste0("'", values[shown], "'", collapse = ", "),
          more)
}

# Distinct ids in order: by value when all are whole numbers, else as text in the order of bytes.
in_natural_order <- function(ids) {
  distinct <- unique(ids)
  if (!all(grepl("^(0|[1-9][0-9]{0,14})$", distinct))) return(sort(distinct, method = "radix"))
  distinct[order(as.numeric(distinct))]
}
