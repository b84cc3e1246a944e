package shop.inventory

import scala.collection.mutable
import scala.util.{Failure, Success, Try}

/** A stock keeping unit, checked when it is made. */
opaque type Sku = String

object Sku:
  def apply(raw: String): Either[InventoryError, Sku] =
    if raw.matches("[A-Z]{3}-\\d{4}") then Right(raw) else Left(InventoryError.BadSku(raw))

  extension (sku: Sku)
    def family: String = sku.take(3)
    def number: Int = sku.drop(4).toInt

enum InventoryError(val message: String):
  case BadSku(raw: String) extends InventoryError(s"not a SKU: $raw")
  case OutOfStock(sku: Sku, missing: Int) extends InventoryError(s"$missing short")

  def retryable: Boolean = this match
    case OutOfStock(_, _) => true
    case _                => false

trait Warehouse[F[_]]:
  type Location

  def stock(sku: Sku): F[Int]
  def move(sku: Sku, amount: Int)(using to: Location): F[Unit]

  /** Takes all or nothing. */
  def reserve(lines: List[(Sku, Int)]): F[Either[InventoryError, Unit]]

final case class Line(sku: Sku, amount: Int) {
  require(amount > 0, "an empty line")

  def +(other: Line): Line = copy(amount = amount + other.amount)
}

object Line {
  implicit val ordering: Ordering[Line] = Ordering.by(_.amount)

  def unapplySeq(text: String): Option[Seq[String]] = Some(text.split(",").toSeq)
}

/** Keeps everything in one map; for tests. */
class MemoryWarehouse(initial: Map[Sku, Int]) extends Warehouse[Try] with AutoCloseable {
  type Location = String

  private val shelves = mutable.Map.from(initial)

  def this() = this(Map.empty)

  override def stock(sku: Sku): Try[Int] =
    Try(shelves.getOrElse(sku, 0))

  @deprecated("use reserve", "2.0")
  def move(sku: Sku, amount: Int)(using to: Location): Try[Unit] = Try {
    def left(current: Int): Int = current - amount
    shelves.updateWith(sku)(_.map(left))
  }

  override def reserve(lines: List[(Sku, Int)]): Try[Either[InventoryError, Unit]] =
    lines.collectFirst {
      case (sku, amount) if shelves.getOrElse(sku, 0) < amount =>
        InventoryError.OutOfStock(sku, amount - shelves.getOrElse(sku, 0))
    } match {
      case Some(error) => Success(Left(error))
      case None        => Try(lines.foreach((sku, n) => shelves(sku) -= n)).map(Right(_))
    }

  override def close(): Unit = shelves.clear()
}

trait Encoder[A]:
  def encode(value: A): String

given Encoder[Line] with
  def encode(value: Line): String = s"${value.sku}:${value.amount}"

given listEncoder[A](using inner: Encoder[A]): Encoder[List[A]] with
  def encode(values: List[A]): String = values.map(inner.encode).mkString("[", ",", "]")

extension [A: Encoder](value: A)
  def encoded: String = summon[Encoder[A]].encode(value)

@main def report(path: String): Unit =
  val audit = new AutoCloseable:
    def close(): Unit = println("audited")
  println(s"reading $path")
  audit.close()

class InventorySuite extends FunSuite {
  test("an empty shelf holds nothing") {
    assert(new Shelf().isEmpty)
  }
}
