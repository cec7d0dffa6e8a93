package emulator

import java.io.{ByteArrayInputStream, IOException, InputStream}
import java.net.{URI, URLEncoder}
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.{HttpClient, HttpRequest, HttpResponse}
import java.net.http.HttpResponse.BodyHandlers
import java.nio.file.{Path => File}
import java.time.format.DateTimeFormatter
import java.time.{Instant, LocalDate, ZoneOffset, ZonedDateTime}

import javax.xml.parsers.DocumentBuilderFactory
import org.w3c.dom.{Element, Node}

/** An object as a listing or its head tells of it; the time in epoch milliseconds. */
case class S3Object(key: String, size: Long, modified: Long)

case class S3Listing(objects: Seq[S3Object], prefixes: Seq[String])

/** A bucket, over the endpoint that AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names.
  *
  * The emulator reads signatures and does not check them, so requests name their credential and
  * are not signed.
  */
class S3Bucket(name: String) {
  import S3Bucket._

  def head(key: String): Option[S3Object] = {
    val answer = send(request(key).method("HEAD", BodyPublishers.noBody), BodyHandlers.discarding)
    answer.statusCode match {
      case 404 => None
      case 200 =>
        val modified = answer.headers.firstValue("last-modified").map[Long](text =>
          ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant.toEpochMilli)
        val size = answer.headers.firstValueAsLong("content-length").orElse(0)
        Some(S3Object(key, size, modified.orElse(0L)))
      case other => throw new IOException(s"HEAD s3://$name/$key: status $other")
    }
  }

  /** The object's bytes from a position on. */
  def open(key: String, position: Long): InputStream = {
    val ranged = request(key).GET.header("Range", s"bytes=$position-")
    val answer = send(ranged, BodyHandlers.ofInputStream)
    if (answer.statusCode / 100 != 2) {
      answer.body.close()
      throw new IOException(s"GET s3://$name/$key: status ${answer.statusCode}")
    }
    answer.body
  }

  def put(key: String, file: File): Unit = done(request(key).PUT(BodyPublishers.ofFile(file)), key)

  def putEmpty(key: String): Unit = done(request(key).PUT(BodyPublishers.noBody), key)

  def copy(from: String, to: String): Unit = {
    val copying = request(to).header("x-amz-copy-source", s"/$name/${encoded(from)}")
    done(copying.PUT(BodyPublishers.noBody), to)
  }

  def delete(key: String): Unit = done(request(key).DELETE, key)

  def keys(prefix: String): Seq[String] = list(prefix, "").objects.map(_.key)

  def hasAny(prefix: String): Boolean = {
    val page = listPage(Map("prefix" -> prefix, "max-keys" -> "1"))
    children(page, "Contents").nonEmpty
  }

  def list(prefix: String, delimiter: String): S3Listing = {
    val objects, prefixes = Seq.newBuilder[Element]
    var token: Option[String] = None
    do {
      val page = listPage(
        Map("prefix" -> prefix, "delimiter" -> delimiter) ++ token.map("continuation-token" -> _))
      objects ++= children(page, "Contents")
      prefixes ++= children(page, "CommonPrefixes")
      token = children(page, "NextContinuationToken").headOption.map(_.getTextContent)
    } while (token.isDefined)
    S3Listing(objects.result.map(read), prefixes.result.map(text(_, "Prefix")))
  }

  private def read(element: Element): S3Object =
    S3Object(
      text(element, "Key"),
      text(element, "Size").toLong,
      Instant.parse(text(element, "LastModified")).toEpochMilli)

  private def listPage(parameters: Map[String, String]): Element = {
    val query = (parameters.filter(_._2.nonEmpty) + ("list-type" -> "2")).map {
      case (key, value) => s"$key=${URLEncoder.encode(value, "UTF-8").replace("+", "%20")}"
    }
    val answer = send(request("", query.mkString("?", "&", "")).GET, BodyHandlers.ofByteArray)
    val builder = DocumentBuilderFactory.newInstance.newDocumentBuilder
    val document = builder.parse(new ByteArrayInputStream(answer.body)).getDocumentElement
    if (answer.statusCode != 200)
      throw new IOException(s"s3://$name: ${text(document, "Code")}: ${text(document, "Message")}")
    document
  }

  private def done(builder: HttpRequest.Builder, key: String): Unit = {
    val answer = send(builder, BodyHandlers.ofString)
    if (answer.statusCode / 100 != 2)
      throw new IOException(s"s3://$name/$key: status ${answer.statusCode}: ${answer.body}")
  }

  private def request(key: String, query: String = ""): HttpRequest.Builder =
    HttpRequest
      .newBuilder(URI.create(s"$endpoint/$name/${encoded(key)}$query"))
      .header("Authorization", authorization)
      .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")

  private def send[Body](
      builder: HttpRequest.Builder, handler: HttpResponse.BodyHandler[Body]): HttpResponse[Body] =
    client.send(builder.build, handler)
}

object S3Bucket {
  private val endpoint = Seq("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    .flatMap(variable => sys.env.get(variable))
    .headOption
    .getOrElse(throw new IOException("AWS_ENDPOINT_URL does not say where S3 is"))
    .stripSuffix("/")
  private val client = HttpClient.newBuilder.version(HttpClient.Version.HTTP_1_1).build

  private def authorization: String = {
    val date = LocalDate.now(ZoneOffset.UTC).format(DateTimeFormatter.BASIC_ISO_DATE)
    val key = sys.env.getOrElse("AWS_ACCESS_KEY_ID", "local")
    val region = sys.env.getOrElse("AWS_REGION", sys.env.getOrElse("AWS_DEFAULT_REGION", "us-east-1"))
    val credential = s"$key/$date/$region/s3/aws4_request"
    s"AWS4-HMAC-SHA256 Credential=$credential, SignedHeaders=host, Signature=unsigned"
  }

  private def encoded(key: String): String =
    key.split("/", -1).map(URLEncoder.encode(_, "UTF-8").replace("+", "%20")).mkString("/")

  private def children(element: Element, name: String): Seq[Element] = {
    val nodes = element.getChildNodes
    (0 until nodes.getLength).map(nodes.item).collect {
      case child: Element if nameOf(child) == name => child
    }
  }

  private def nameOf(node: Node): String = node.getNodeName

  private def text(element: Element, name: String): String =
    children(element, name).headOption.map(_.getTextContent).getOrElse("")
}
