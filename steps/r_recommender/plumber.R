# The routes of the endpoint. `serve.R` has read the model before.

#* @get /ping
#* @serializer text
function() ""

# The parser leaves the body alone (see serve.R), so that a request that is no csv and no JSON gets
# an answer that says so.
#* @post /invocations
#* @parser whole
function(req, res) invocation(req, res)
