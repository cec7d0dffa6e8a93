package emulator

import java.io.{BufferedOutputStream, EOFException, InputStream, OutputStream}
import java.nio.file.Files

import org.apache.hadoop.fs.FSInputStream

/** An object that can be read from any position: each jump is a request of its own. */
class S3Input(bucket: S3Bucket, key: String, size: Long) extends FSInputStream {
  private var position = 0L
  private var stream: InputStream = _

  override def getPos: Long = position

  override def seek(target: Long): Unit = {
    if (target < 0 || target > size) throw new EOFException(s"$key has $size bytes, not $target")
    if (target != position) close()
    position = target
  }

  override def seekToNewSource(target: Long): Boolean = false

  override def read(): Int = {
    val one = new Array[Byte](1)
    if (read(one, 0, 1) < 1) -1 else one(0) & 0xff
  }

  override def read(buffer: Array[Byte], offset: Int, length: Int): Int =
    if (length == 0) 0
    else if (position >= size) -1
    else {
      if (stream == null) stream = bucket.open(key, position)
      val count = stream.read(buffer, offset, length)
      if (count > 0) position += count
      count
    }

  override def available: Int = math.min(size - position, Int.MaxValue.toLong).toInt

  override def close(): Unit = if (stream != null) {
    stream.close()
    stream = null
  }
}

/** An object that is there as a whole once it is closed; until then a local file. */
class S3Output(bucket: S3Bucket, key: String, written: () => Unit) extends OutputStream {
  private val file = Files.createTempFile("s3-", null)
  private val stream = new BufferedOutputStream(Files.newOutputStream(file))
  private var isOpen = true

  override def write(byte: Int): Unit = stream.write(byte)

  override def write(bytes: Array[Byte], offset: Int, length: Int): Unit =
    stream.write(bytes, offset, length)

  override def flush(): Unit = stream.flush()

  override def close(): Unit = if (isOpen) {
    isOpen = false
    try {
      stream.close()
      bucket.put(key, file)
      written()
    } finally Files.deleteIfExists(file)
  }
}
