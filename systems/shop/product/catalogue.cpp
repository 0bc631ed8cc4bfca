#include "systems/shop/product/catalogue.h"

#include "systems/shop/product/categories.h"
#include "systems/shop/product/rules.h"
#include "systems/shop/product/stock.h"

namespace shop::product {
namespace {

Error no_product(const Id<Product>& id) {
  return Error(not_found, "product.unknown", "Product " + id.value + " not found");
}

Filter filter_of(const ProductQuery& query) {
  Filter filter = where(&Product::active) == true;
  if (query.category_id) filter = std::move(filter) && where(&Product::category_id) == *query.category_id;
  if (query.search)
    filter = std::move(filter) && (where(&Product::name).contains(*query.search) ||
                                   where(&Product::description).contains(*query.search));
  for (const auto& tag : query.tags) filter = std::move(filter) && where(&Product::tags).has(tag);
  if (query.min_price) filter = std::move(filter) && where(&Product::price) >= *query.min_price;
  if (query.max_price) filter = std::move(filter) && where(&Product::price) <= *query.max_price;
  if (query.in_stock)
    filter =
        std::move(filter) && (*query.in_stock ? where(&Product::stock) > 0 : where(&Product::stock) == 0);
  return filter;
}

Sort sort_of(ProductSort sort) {
  switch (sort) {
    case ProductSort::newest:
      return descending(&Product::created_at);
    case ProductSort::oldest:
      return ascending(&Product::created_at);
    case ProductSort::price_asc:
      return ascending(&Product::price);
    case ProductSort::price_desc:
      return descending(&Product::price);
    case ProductSort::name:
      return ascending(&Product::name);
  }
  return descending(&Product::created_at);
}

}  // namespace

void Catalogue::serve(Service& service) {
  service.bind(&Api::create, this, &Catalogue::create);
  service.bind(&Api::list, this, &Catalogue::list);
  service.bind(&Api::read, this, &Catalogue::read);
  service.bind(&Api::change, this, &Catalogue::change);
  service.bind(&Api::remove, this, &Catalogue::remove);
}

Task<Product> Catalogue::create(Call& call, NewProduct input) {
  std::vector<Violation> wrong = faults(input.price, input.currency);
  if (!wrong.empty()) throw Error::invalid_input(std::move(wrong));
  Product product{.id = call.new_id<Product>(),
                  .category_id = input.category_id,
                  .name = input.name,
                  .description = input.description,
                  .summary = input.summary,
                  .price = input.price,
                  .currency = input.currency.value_or("USD"),
                  .stock = input.stock,
                  .images = input.images,
                  .tags = input.tags,
                  .active = true,
                  .created_at = call.now(),
                  .updated_at = call.now()};
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Product> {
    if (!co_await in_.categories.find(unit, product.category_id)) throw no_category(product.category_id);
    co_await in_.products.insert(unit, product);
    co_await record_movement(
        unit, in_, {.product_id = product.id, .delta = product.stock, .kind = MovementKind::opening});
    co_return product;
  });
}

Task<ProductPage> Catalogue::list(Call& call, ProductQuery input) {
  int64_t page = input.page.value_or(1), limit = input.limit.value_or(20);
  Query query{.filter = filter_of(input),
              .sort = {sort_of(input.sort.value_or(ProductSort::newest))},
              .limit = size_t(limit),
              .offset = size_t((page - 1) * limit),
              .with_total = true};
  if (query.offset > Query::offset_max)
    throw Error::invalid_input({{"/page", "is too far back; narrow the search"}});
  Page<Product> found = co_await in_.products.list(call, query);
  ProductPage result{.products = std::move(found.items), .pagination = paginate(page, limit, found.total)};
  co_return result;
}

Task<Product> Catalogue::read(Call& call, ById<Product> input) {
  std::optional<Product> product = co_await in_.products.find(call, input.id);
  if (!product || !product->active) throw no_product(input.id);
  co_return *product;
}

Task<Product> Catalogue::change(Call& call, ProductChange input) {
  std::vector<Violation> wrong = faults(input.price, input.currency);
  if (!wrong.empty()) throw Error::invalid_input(std::move(wrong));
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Product> {
    std::optional<Product> before = co_await in_.products.find(unit, input.id);
    if (!before) throw no_product(input.id);
    if (input.category_id && !co_await in_.categories.find(unit, *input.category_id))
      throw no_category(*input.category_id);
    Product after = changed(*before, input, call.now());
    std::optional<Product> stored = co_await in_.products.update(
        unit, input.id, set(&Product::name, after.name), set(&Product::price, after.price),
        set(&Product::category_id, after.category_id), set(&Product::stock, after.stock),
        set(&Product::description, after.description), set(&Product::summary, after.summary),
        set(&Product::currency, after.currency), set(&Product::images, after.images),
        set(&Product::tags, after.tags), set(&Product::active, after.active),
        set(&Product::updated_at, after.updated_at));
    if (const int64_t delta = after.stock - before->stock; delta != 0)
      co_await record_movement(unit, in_,
                               {.product_id = input.id, .delta = delta, .kind = MovementKind::correction});
    co_return *stored;
  });
}

// Orders keep referring to it, so it is only taken out of the catalogue.
Task<void> Catalogue::remove(Call& call, ById<Product> input) {
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    std::optional<Product> product =
        co_await in_.products.update(unit, input.id, set(&Product::active, false),
                                     set(&Product::updated_at, call.now()), where(&Product::active) == true);
    if (!product) throw no_product(input.id);
  });
}

}  // namespace shop::product
