#include "systems/shop/product/rules.h"

#include <algorithm>

namespace shop::product {

std::vector<Violation> faults(std::optional<Money> price, const std::optional<Text<3, 3>>& currency) {
  std::vector<Violation> faults;
  if (price && price->minor <= 0) faults.push_back({"/price", "must be greater than 0"});
  if (price && price->minor > 9'999'999'999) faults.push_back({"/price", "must be at most 99999999.99"});
  bool letters = !currency ||
                 std::all_of(currency->begin(), currency->end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!letters) faults.push_back({"/currency", "must be an ISO 4217 code such as USD"});
  return faults;
}

Product changed(Product product, const ProductChange& change, Time now) {
  if (change.name) product.name = *change.name;
  if (change.price) product.price = *change.price;
  if (change.category_id) product.category_id = *change.category_id;
  if (change.stock) product.stock = *change.stock;
  if (change.description) product.description = change.description;
  if (change.summary) product.summary = change.summary;
  if (change.currency) product.currency = *change.currency;
  if (change.images) product.images = *change.images;
  if (change.tags) product.tags = *change.tags;
  if (change.active) product.active = *change.active;
  product.updated_at = now;
  return product;
}

Error insufficient_stock(const Product& product, int64_t requested) {
  std::string available = std::to_string(int64_t(product.stock));
  return Error(conflict, "stock.insufficient",
               "Insufficient stock for product " + product.name + ". Available: " + available +
                   ", Requested: " + std::to_string(requested))
      .with_detail("product", product.name)
      .with_detail("productId", product.id.value)
      .with_detail("available", available)
      .with_detail("requested", std::to_string(requested));
}

Pagination paginate(int64_t page, int64_t limit, int64_t total) {
  return {.page = page, .limit = limit, .total = total, .pages = (total + limit - 1) / limit};
}

}  // namespace shop::product
