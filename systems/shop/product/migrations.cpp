// Changes of what the product service stores that cannot be derived.
#include "systems/shop/product/collections.h"

namespace shop::product {

Migration opening_movements() {
  return {.number = 1, .name = "opening_movements", .statements = R"(
CREATE TABLE "stock_movements_new" ("id" TEXT NOT NULL PRIMARY KEY, "productId" TEXT NOT NULL, "orderId" TEXT,
  "delta" INTEGER NOT NULL, "takes" INTEGER NOT NULL, "kind" TEXT NOT NULL, "createdAt" INTEGER NOT NULL,
  "_version" INTEGER NOT NULL DEFAULT 1) STRICT;
INSERT INTO "stock_movements_new" SELECT "id", "productId", "orderId", "delta", "takes", 'order', "createdAt",
  "_version" FROM "stock_movements";
INSERT INTO "stock_movements_new"
  SELECT lower(hex(randomblob(16))), i.value ->> '$.productId', r."orderId", -sum(i.value ->> '$.quantity'),
    1, 'reservation', r."createdAt", 1 FROM "reservations" r, json_each(r."items") i
  WHERE r."state" <> 'released'
    AND NOT EXISTS (SELECT 1 FROM "stock_movements" m WHERE m."orderId" = r."orderId")
  GROUP BY r."id", i.value ->> '$.productId';
INSERT INTO "stock_movements_new"
  SELECT lower(hex(randomblob(16))), p."id", NULL, p."stock" - coalesce(
    (SELECT sum(m."delta") FROM "stock_movements_new" m WHERE m."productId" = p."id"), 0), 0, 'opening',
    p."createdAt", 1 FROM "products" p;
DROP TABLE "stock_movements";
ALTER TABLE "stock_movements_new" RENAME TO "stock_movements";
)"};
}

}  // namespace shop::product
