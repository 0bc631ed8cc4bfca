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

}  // namespace shop::product
