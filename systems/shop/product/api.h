// What others may know of the product service: categories, products, stock.
#pragma once

#include "portico/service/endpoint.h"

namespace shop::order {
struct Order;
}

namespace shop::product {

using namespace portico;

struct Category {
  Id<Category> id;
  Text<1, 255> name;
  std::optional<Text<0, 2000>> description;
  std::optional<Id<Category>> parent_category_id;
  List<Text<1, 40>, 0, 20> tags;
  Time created_at;
  Time updated_at;
};
PORTICO_DESCRIBE(Category, id, name, description, parent_category_id, tags, created_at, updated_at)

struct NewCategory {
  Text<1, 255> name;
  std::optional<Text<0, 2000>> description;
  std::optional<Id<Category>> parent_category_id;
  List<Text<1, 40>, 0, 20> tags;
};
PORTICO_DESCRIBE(NewCategory, name, description, parent_category_id, tags)

struct CategoryChange {
  Id<Category> id;
  std::optional<Text<1, 255>> name;
  std::optional<Text<0, 2000>> description;
  std::optional<Id<Category>> parent_category_id;
  std::optional<List<Text<1, 40>, 0, 20>> tags;
};
PORTICO_DESCRIBE(CategoryChange, id, name, description, parent_category_id, tags)

inline constexpr int64_t stock_max = 1'000'000'000;

struct Product {
  Id<Product> id;
  Id<Category> category_id;
  Text<1, 255> name;
  std::optional<Text<0, 10'000>> description;
  std::optional<Text<0, 500>> summary;
  Money price;
  Text<3, 3> currency;
  Int<0, stock_max> stock;
  List<Text<1, 2048>, 0, 20> images;
  List<Text<1, 40>, 0, 20> tags;
  bool active = true;
  Time created_at;
  Time updated_at;
};
PORTICO_DESCRIBE(Product, id, category_id, name, description, summary, price, currency, stock, images, tags,
                 active, created_at, updated_at)

struct NewProduct {
  Text<1, 255> name;
  Money price;
  Id<Category> category_id;
  Int<0, stock_max> stock;
  std::optional<Text<0, 10'000>> description;
  std::optional<Text<0, 500>> summary;
  std::optional<Text<3, 3>> currency;
  List<Text<1, 2048>, 0, 20> images;
  List<Text<1, 40>, 0, 20> tags;
};
PORTICO_DESCRIBE(NewProduct, name, price, category_id, stock, description, summary, currency, images, tags)
PORTICO_ALIASES(NewProduct, {"title", "name"}, {"amount", "price"})

struct ProductChange {
  Id<Product> id;
  std::optional<Text<1, 255>> name;
  std::optional<Money> price;
  std::optional<Id<Category>> category_id;
  std::optional<Int<0, stock_max>> stock;
  std::optional<Text<0, 10'000>> description;
  std::optional<Text<0, 500>> summary;
  std::optional<Text<3, 3>> currency;
  std::optional<List<Text<1, 2048>, 0, 20>> images;
  std::optional<List<Text<1, 40>, 0, 20>> tags;
  std::optional<bool> active;
};
PORTICO_DESCRIBE(ProductChange, id, name, price, category_id, stock, description, summary, currency, images,
                 tags, active)
PORTICO_ALIASES(ProductChange, {"title", "name"}, {"amount", "price"})

enum class ProductSort { newest, oldest, price_asc, price_desc, name };
PORTICO_DESCRIBE_ENUM(ProductSort, newest, oldest, price_asc, price_desc, name)

struct ProductQuery {
  std::optional<Id<Category>> category_id;
  std::optional<Text<1, 100>> search;
  List<Text<1, 40>, 0, 20> tags;
  std::optional<Money> min_price;
  std::optional<Money> max_price;
  std::optional<bool> in_stock;
  std::optional<ProductSort> sort;
  std::optional<Int<1, 10'000>> page;
  std::optional<Int<1, 100>> limit;
};
PORTICO_DESCRIBE(ProductQuery, category_id, search, tags, min_price, max_price, in_stock, sort, page, limit)

struct Pagination {
  int64_t page = 1;
  int64_t limit = 20;
  int64_t total = 0;
  int64_t pages = 0;
};
PORTICO_DESCRIBE(Pagination, page, limit, total, pages)

// Pages of `limit` that hold `total` rows.
inline Pagination paginate(int64_t page, int64_t limit, int64_t total) {
  return {.page = page, .limit = limit, .total = total, .pages = (total + limit - 1) / limit};
}

struct ProductPage {
  std::vector<Product> products;
  Pagination pagination;
};
PORTICO_DESCRIBE(ProductPage, products, pagination)

// `quantity` is added to the stock (negative takes away). With an order, the same change is made once however
// often it is asked for.
struct StockChange {
  Id<Product> id;
  Int<-stock_max, stock_max> quantity;
  std::optional<Id<order::Order>> order_id;
};
PORTICO_DESCRIBE(StockChange, id, quantity, order_id)

// How too little stock is told, whoever notices it: the product, what is there, what was asked for.
inline Error insufficient_stock(const Product& product, int64_t requested) {
  std::string available = std::to_string(int64_t(product.stock));
  return Error(conflict, "stock.insufficient",
               "Insufficient stock for product " + product.name + ". Available: " + available +
                   ", Requested: " + std::to_string(requested))
      .with_detail("product", product.name)
      .with_detail("productId", product.id.value)
      .with_detail("available", available)
      .with_detail("requested", std::to_string(requested));
}

enum class ReservationState { held, committed, released };
PORTICO_DESCRIBE_ENUM(ReservationState, held, committed, released)

struct ReservedItem {
  Id<Product> product_id;
  Int<1, 1'000'000> quantity;
};
PORTICO_DESCRIBE(ReservedItem, product_id, quantity)

// Stock taken for an order: given back when it expires, unless it is committed before.
struct Reservation {
  Id<Reservation> id;  // the order's
  Id<order::Order> order_id;
  List<ReservedItem, 0, 100> items;  // none where it was released before it was asked for
  ReservationState state = ReservationState::held;
  Time expires_at;
  Time created_at;
};
PORTICO_DESCRIBE(Reservation, id, order_id, items, state, expires_at, created_at)

struct NewReservation {
  Id<order::Order> order_id;
  List<ReservedItem, 1, 100> items;
  std::optional<Int<1, 86'400>> expires_in_seconds;
};
PORTICO_DESCRIBE(NewReservation, order_id, items, expires_in_seconds)

struct HeldItem {
  Id<Product> product_id;
  Int<1, 1'000'000> quantity;
  int64_t stock = 0;  // left of it
  Time updated_at;    // of the product
};
PORTICO_DESCRIBE(HeldItem, product_id, quantity, stock, updated_at)

struct ReservationView {
  Id<Reservation> id;
  Id<order::Order> order_id;
  std::vector<HeldItem> items;
  ReservationState state = ReservationState::held;
  Time expires_at;
};
PORTICO_DESCRIBE(ReservationView, id, order_id, items, state, expires_at)

struct ProductOutOfStock {
  Id<Product> product_id;
  std::string product_name;
};
PORTICO_DESCRIBE_EVENT(ProductOutOfStock, "product.out_of_stock.v1", product_id, product_name)

struct Api {
  Endpoint<POST, "/api/categories", Category(NewCategory)> create_category{
      "Add a category",       named("category"), message("Category created successfully"),
      allow(admin, internal), created,           fails(404, 409)};
  Endpoint<GET, "/api/categories", std::vector<Category>()> list_categories{
      "List all categories", named("categories"), message("Categories retrieved successfully"),
      allow(anyone)};
  Endpoint<GET, "/api/categories/{id}", Category(ById<Category>)> read_category{
      "Read one category", named("category"), message("Category retrieved successfully"), allow(anyone),
      fails(404)};
  Endpoint<PUT, "/api/categories/{id}", Category(CategoryChange)> change_category{
      "Change a category", named("category"), message("Category updated successfully"), allow(admin),
      fails(404, 409)};
  Endpoint<DELETE, "/api/categories/{id}", void(ById<Category>)> remove_category{
      "Remove an empty category", allow(admin), fails(404, 409)};
  Endpoint<POST, "/api/products", Product(NewProduct)> create{
      "Add a product",        named("product"), message("Product created successfully"),
      allow(admin, internal), created,          fails(404)};
  Endpoint<GET, "/api/products", ProductPage(ProductQuery)> list{
      "Search products", message("Products retrieved successfully"), allow(anyone)};
  Endpoint<GET, "/api/products/{id}", Product(ById<Product>)> read{"Read one product", named("product"),
                                                                   message("Product retrieved successfully"),
                                                                   allow(anyone), fails(404)};
  Endpoint<PUT, "/api/products/{id}", Product(ProductChange)> change{"Change a product", named("product"),
                                                                     message("Product updated successfully"),
                                                                     allow(admin), fails(404)};
  Endpoint<DELETE, "/api/products/{id}", void(ById<Product>)> remove{"Take a product out of the catalogue",
                                                                     allow(admin), fails(404)};
  Endpoint<PUT, "/api/products/{id}/stock", Product(StockChange)> change_stock{
      "Add to or take from the stock", named("product"), message("Stock updated successfully"),
      allow(admin, internal),          inside,           fails(404, 409)};
  Endpoint<POST, "/api/products/reservations", ReservationView(NewReservation)> reserve{
      "Reserve stock for an order, all or nothing",
      named("reservation"),
      allow(internal),
      inside,
      created,
      idempotent,
      fails(404, 409)};
  Endpoint<DELETE, "/api/products/reservations/{id}", void(ById<Reservation>)> release{
      "Give back what was taken for an order, now or later", allow(internal), inside, idempotent};
  Endpoint<POST, "/api/products/reservations/{id}/commit", Reservation(ById<Reservation>)> commit{
      "Make a reservation final", named("reservation"), allow(internal), inside, idempotent, fails(404, 409)};
};
PORTICO_API(Api, create_category, list_categories, read_category, change_category, remove_category, create,
            list, read, change, remove, change_stock, reserve, release, commit)

}  // namespace shop::product
