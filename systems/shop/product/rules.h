// What the catalogue demands beyond the limits of the types: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "systems/shop/product/api.h"

namespace shop::product {

// A price must be above zero; a currency three capital letters (ISO 4217). Every fault at once.
std::vector<Violation> faults(std::optional<Money> price, const std::optional<Text<3, 3>>& currency);

// The product with the given members replaced; `now` is the time of the change.
Product changed(Product product, const ProductChange& change, Time now);

// "Insufficient stock for product Lamp. Available: 3, Requested: 5", with product, available, requested as
// details.
Error insufficient_stock(const Product& product, int64_t requested);

// Pages of `limit` that hold `total` rows.
Pagination paginate(int64_t page, int64_t limit, int64_t total);

}  // namespace shop::product
