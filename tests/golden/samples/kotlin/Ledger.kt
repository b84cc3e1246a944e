@file:JvmName("Ledgers")

package com.example.ledger

import java.math.BigDecimal
import java.time.Instant

/** Amounts are kept in minor units. */
typealias Minor = Long

const val DEFAULT_CURRENCY = "EUR"

private val log = Logger.of("ledger")

/** An account either holds money or owes it. */
sealed interface Account {
    val id: String

    fun balance(at: Instant): Minor

    data class Asset(override val id: String, val opening: Minor) : Account {
        override fun balance(at: Instant): Minor = opening + Journal.sumUntil(id, at)
    }

    data object Suspense : Account {
        override val id = "suspense"

        override fun balance(at: Instant) = 0L
    }
}

enum class Side(val sign: Int) {
    DEBIT(1) {
        override fun label() = "Dr"
    },
    CREDIT(-1) {
        override fun label() = "Cr"
    };

    abstract fun label(): String
}

fun interface Validator<in T> {
    fun check(value: T): List<String>
}

/**
 * Keeps postings in order of arrival.
 *
 * @param clock tells the time of a posting
 */
@Service
open class Journal<T : Account> @Inject constructor(
    private val clock: () -> Instant,
    private val store: Store<T>,
) : AutoCloseable {
    private val pending = ArrayDeque<Posting>()

    var closed: Boolean = false
        private set

    val size: Int
        get() = pending.size

    init {
        require(store.isOpen) { "store is closed" }
    }

    constructor(store: Store<T>) : this({ Instant.now() }, store)

    /** Posts one amount. */
    fun post(account: T, amount: Minor): Posting = post(account, amount, memo = "")

    @Throws(LedgerClosed::class)
    fun post(account: T, amount: Minor, memo: String): Posting {
        if (closed) throw LedgerClosed(account.id)
        val posting = Posting(account.id, amount, memo, clock())
        pending.addLast(posting)
        return posting.also { log.debug("posted $it") }
    }

    suspend inline fun <reified R : Any> drain(crossinline sink: suspend (Posting) -> R): List<R> {
        fun next(): Posting? = pending.removeFirstOrNull()
        return generateSequence(::next).map { sink(it) }.toList()
    }

    override fun close() {
        closed = true
    }

    companion object {
        @JvmStatic
        fun sumUntil(id: String, at: Instant): Minor = TODO("read the index for $id at $at")
    }
}

/** Renders minor units for people. */
fun Minor.pretty(currency: String = DEFAULT_CURRENCY): String =
    BigDecimal.valueOf(this, 2).toPlainString() + " " + currency

operator fun <T : Account> Journal<T>.plusAssign(entry: Pair<T, Minor>) {
    post(entry.first, entry.second)
}

val auditor = object : Validator<Posting> {
    override fun check(value: Posting): List<String> =
        if (value.amount == 0L) listOf("empty posting") else emptyList()
}

val Ledger.isEmpty: Boolean
    get() = entries.none { it.isBooked }

private val currencies by lazy {
    val known = load("currencies")
    known.associateBy { it.code }
}
