"""The only place that knows keys, conditions and DynamoDB.

Orders      ORDER#<id>    ORDER, LINES#, SUB#, PAY#, REFUND#, PARCEL#, SETTLE#   what decisions read: one query
                          #EVENT#<version>   one accepted event: time line, audit log and outbox in one row
                          #PII               name, phone and address, apart from everything else
                          #ORDER, #ARCHIVED  on its way to the archive; what stays of it (shared/store/archive.py)
            PLACED#<0..9> <day>#<order>      an order that the archive is to look at
            ARCHIVE, ARCHIVE#<day>           parts of the archive, open and numbered
            KEY#<role>#<who>   KEY#<key>  a caller's Idempotency-Key and what it stood for (expires)
            SEEN#<name>   SEEN             what may be booked once, ever: provider events and transactions
Stock       SKU#<sku>     STOCK              what is for sale, and counters per warehouse
                          MOVE#<id>          a movement that no order caused (received, adjusted, spread, repaired)
            SKU#<sku>#<k> STOCK              shard k of a hot SKU's counters
            KEY#<role>#<who>   KEY#<key>  as in Orders, for what is moved by hand
Ledger      ORDER#<id>    VOUCHER#<version>  append-only
Catalogue   <KIND>#<id>   V#<version>        every version of every record that operators published
            TERMS         CURRENT            everything platform-wide that a price or a promise depends on
            COUPON#<id>   CURRENT            what coupons are issued from
            KEY#<role>#<who>   KEY#<key>  as in Orders, for what is published
Members     MEMBER#<id>   MEMBER             points, and what is limited for each buyer
                          COUPON#<id>        one coupon with its own copy of the terms
                          POINTS#<id>        one grant of points, never edited
            KEY#<role>#<who>   KEY#<key>  as in Orders, for what is asked of a wallet

Indexes of Orders, all KEYS_ONLY and sparse: buyer (buyer, order_id), queue (queue, priority), due (shard, due_at),
unfinished (shard, unfinished_since). No decision is ever taken on an index.
"""
