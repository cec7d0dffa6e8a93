package emulator

import java.io.{FileNotFoundException, IOException}
import java.net.URI

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs._
import org.apache.hadoop.fs.permission.FsPermission
import org.apache.hadoop.util.Progressable

/** S3 as Hadoop's file system: what EMR calls s3:// and open-source Hadoop s3a://.
  *
  * Of S3 it takes what these do: a directory is the prefix of a key, an empty one an empty object
  * whose key ends in a slash, and a rename copies and deletes.
  */
class S3FileSystem extends FileSystem {
  private var uri: URI = _
  private var bucket: S3Bucket = _
  private var workingDirectory: Path = _

  override def initialize(name: URI, conf: Configuration): Unit = {
    super.initialize(name, conf)
    setConf(conf)
    uri = URI.create(name.getScheme + "://" + name.getAuthority)
    bucket = new S3Bucket(name.getAuthority)
    workingDirectory = new Path(uri.toString + "/")
  }

  override def getScheme: String = if (uri == null) "s3" else uri.getScheme

  override def getUri: URI = uri

  override def getWorkingDirectory: Path = workingDirectory

  override def setWorkingDirectory(path: Path): Unit = workingDirectory = path

  override def getDefaultBlockSize(path: Path): Long = 32L * 1024 * 1024

  override def open(path: Path, bufferSize: Int): FSDataInputStream = {
    val status = getFileStatus(path)
    if (status.isDirectory) throw new FileNotFoundException(s"$path is a directory")
    new FSDataInputStream(new S3Input(bucket, keyOf(path), status.getLen))
  }

  override def create(
      path: Path,
      permission: FsPermission,
      overwrite: Boolean,
      bufferSize: Int,
      replication: Short,
      blockSize: Long,
      progress: Progressable): FSDataOutputStream = {
    if (!overwrite && exists(path)) throw new FileAlreadyExistsException(s"$path exists")
    new FSDataOutputStream(new S3Output(bucket, keyOf(path), () => forgetMarkers(path)), statistics)
  }

  override def append(path: Path, size: Int, progress: Progressable): FSDataOutputStream =
    throw new UnsupportedOperationException("S3 cannot append to an object")

  override def rename(from: Path, to: Path): Boolean = {
    val source = getFileStatus(from)
    val target = if (isDirectory(to)) new Path(to, from.getName) else to
    val (fromKey, toKey) = (keyOf(from), keyOf(target))
    val keys = if (source.isFile) Seq(fromKey) else bucket.keys(fromKey + "/")
    keys.foreach(key => bucket.copy(key, toKey + key.stripPrefix(fromKey)))
    keys.foreach(bucket.delete)
    forgetMarkers(target)
    keepParent(from)
    true
  }

  override def delete(path: Path, recursive: Boolean): Boolean = {
    val key = keyOf(path)
    statusOf(path) match {
      case None => false
      case Some(status) if status.isFile =>
        bucket.delete(key)
        keepParent(path)
        true
      case Some(_) =>
        val keys = bucket.keys(if (key.isEmpty) "" else key + "/")
        if (!recursive && keys.exists(_ != key + "/"))
          throw new IOException(s"$path is not empty")
        keys.foreach(bucket.delete)
        keepParent(path)
        true
    }
  }

  override def listStatus(path: Path): Array[FileStatus] = {
    val status = getFileStatus(path)
    if (status.isFile) Array(status)
    else {
      val prefix = prefixOf(path)
      val listing = bucket.list(prefix, "/")
      val files = listing.objects.filter(_.key != prefix).map(fileStatus)
      val directories = listing.prefixes.map(each => directoryStatus(pathOf(each.stripSuffix("/"))))
      (files ++ directories).toArray
    }
  }

  override def mkdirs(path: Path, permission: FsPermission): Boolean = {
    statusOf(path) match {
      case Some(status) if status.isFile =>
        throw new FileAlreadyExistsException(s"$path is a file")
      case Some(_) =>
      case None =>
        bucket.putEmpty(prefixOf(path))
        if (!path.isRoot) forgetMarkers(path)
    }
    true
  }

  override def getFileStatus(path: Path): FileStatus =
    statusOf(path).getOrElse(throw new FileNotFoundException(s"$path does not exist"))

  private def statusOf(path: Path): Option[FileStatus] = {
    val key = keyOf(path)
    if (key.isEmpty) {
      bucket.list("", "/")
      Some(directoryStatus(path))
    } else {
      bucket.head(key).map(fileStatus).orElse {
        if (bucket.hasAny(key + "/")) Some(directoryStatus(path)) else None
      }
    }
  }

  /** An empty directory's marker is in the way of who reads all objects of a prefix. */
  private def forgetMarkers(path: Path): Unit = {
    val parents = Iterator.iterate(path.getParent)(_.getParent).takeWhile(_ != null)
    parents.map(keyOf).filter(_.nonEmpty).foreach(key => bucket.delete(key + "/"))
  }

  /** A directory is still there when its last file is gone. */
  private def keepParent(path: Path): Unit = {
    val parent = path.getParent
    if (parent != null && keyOf(parent).nonEmpty && !bucket.hasAny(prefixOf(parent)))
      bucket.putEmpty(prefixOf(parent))
  }

  private def keyOf(path: Path): String = makeQualified(path).toUri.getPath.stripPrefix("/")

  private def prefixOf(path: Path): String = {
    val key = keyOf(path)
    if (key.isEmpty) "" else key + "/"
  }

  private def pathOf(key: String): Path = new Path(uri.getScheme, uri.getAuthority, "/" + key)

  private def fileStatus(found: S3Object): FileStatus =
    new FileStatus(
      found.size, false, 1, getDefaultBlockSize(workingDirectory), found.modified, pathOf(found.key))

  private def directoryStatus(path: Path): FileStatus =
    new FileStatus(0, true, 1, 0, 0, makeQualified(path))
}
