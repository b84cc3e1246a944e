-- Invoices and what was paid on them.
BEGIN;

CREATE SCHEMA IF NOT EXISTS billing;

CREATE TYPE billing.status AS ENUM ('draft', 'open', 'paid', 'void');

/* One row per invoice; never deleted. */
CREATE TABLE billing.invoices (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id) ON DELETE RESTRICT,
    status      billing.status NOT NULL DEFAULT 'draft',
    total       numeric(12, 2) NOT NULL CHECK (total >= 0),
    issued_at   timestamptz,
    UNIQUE (customer_id, issued_at)
);

CREATE TABLE IF NOT EXISTS "billing"."payments" (
    id         serial PRIMARY KEY,
    invoice_id bigint NOT NULL REFERENCES billing.invoices (id),
    amount     numeric(12, 2) NOT NULL,
    paid_at    timestamptz DEFAULT now()
);

CREATE UNIQUE INDEX payments_by_invoice ON billing.payments (invoice_id, paid_at DESC);

-- What is still owed, by customer.
CREATE OR REPLACE VIEW billing.open_balances AS
WITH paid AS (
    SELECT invoice_id, SUM(amount) AS amount
    FROM billing.payments
    GROUP BY invoice_id
)
SELECT i.customer_id, SUM(i.total - COALESCE(p.amount, 0)) AS balance
FROM billing.invoices AS i
LEFT JOIN paid AS p ON p.invoice_id = i.id
WHERE i.status = 'open'
GROUP BY i.customer_id;

CREATE MATERIALIZED VIEW billing.monthly AS
SELECT date_trunc('month', issued_at) AS month, SUM(total) AS total
FROM billing.invoices
GROUP BY 1;

-- Marks an invoice paid once nothing is owed.
CREATE OR REPLACE FUNCTION billing.settle(invoice bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    owed numeric;
BEGIN
    SELECT total INTO owed FROM billing.invoices WHERE id = invoice;
    IF owed <= 0 THEN
        UPDATE billing.invoices SET status = 'paid' WHERE id = invoice;
        RETURN true;
    END IF;
    RETURN false;
END;
$$;

CREATE FUNCTION billing.after_payment() RETURNS trigger AS $body$
BEGIN
    PERFORM billing.settle(NEW.invoice_id);
    RETURN NEW;
END
$body$ LANGUAGE plpgsql;

CREATE TRIGGER settle_after_payment
    AFTER INSERT ON billing.payments
    FOR EACH ROW EXECUTE FUNCTION billing.after_payment();

CREATE PROCEDURE billing.close_month(IN month date)
LANGUAGE SQL
AS $$
    UPDATE billing.invoices SET status = 'void' WHERE issued_at < month;
$$;

ALTER TABLE billing.invoices ADD COLUMN note text;

INSERT INTO customers (name) VALUES ('Ada'), ('Grace');

COMMIT;
