#include "systems/shop/product/categories.h"

namespace shop::product {
namespace {

constexpr size_t categories_max = 1000;
constexpr int levels_max = 100;  // of categories below one another

}  // namespace

Error no_category(const Id<Category>& id) {
  return Error(not_found, "category.unknown", "Category " + id.value + " not found");
}

void Categories::serve(Service& service) {
  service.bind(&Api::create_category, this, &Categories::create);
  service.bind(&Api::list_categories, this, &Categories::list);
  service.bind(&Api::read_category, this, &Categories::read);
  service.bind(&Api::change_category, this, &Categories::change);
  service.bind(&Api::remove_category, this, &Categories::remove);
}

Task<Category> Categories::create(Call& call, NewCategory input) {
  Category category{.id = call.new_id<Category>(),
                    .name = input.name,
                    .description = input.description,
                    .parent_category_id = input.parent_category_id,
                    .tags = input.tags,
                    .created_at = call.now(),
                    .updated_at = call.now()};
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Category> {
    if (category.parent_category_id && !co_await in_.categories.find(unit, *category.parent_category_id))
      throw no_category(*category.parent_category_id);
    co_await in_.categories.insert(unit, category);
    co_return category;
  });
}

Task<std::vector<Category>> Categories::list(Call& call) {
  Query query{.sort = {ascending(&Category::name)}, .limit = categories_max};
  Page<Category> page = co_await in_.categories.list(call, query);
  co_return std::move(page.items);
}

Task<Category> Categories::read(Call& call, ById<Category> input) {
  std::optional<Category> category = co_await in_.categories.find(call, input.id);
  if (!category) throw no_category(input.id);
  co_return *category;
}

Task<void> Categories::check_parent(Unit& unit, Id<Category> category, Id<Category> parent) {
  for (int level = 0; level < levels_max; ++level) {
    std::optional<Category> above = co_await in_.categories.find(unit, parent);
    if (!above) throw no_category(parent);
    if (above->id == category)
      throw Error(conflict, "category.cycle", "A category cannot stand below itself");
    if (!above->parent_category_id) co_return;
    parent = *above->parent_category_id;
  }
  throw Error(conflict, "category.too_deep",
              "Categories stand in at most " + std::to_string(levels_max) + " levels");
}

Task<Category> Categories::change(Call& call, CategoryChange input) {
  if (input.parent_category_id && *input.parent_category_id == input.id)
    throw Error::invalid_input({{"/parentCategoryId", "must not be the category itself"}});
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Category> {
    std::optional<Category> category = co_await in_.categories.find(unit, input.id);
    if (!category) throw no_category(input.id);
    if (input.parent_category_id) co_await check_parent(unit, input.id, *input.parent_category_id);
    category = co_await in_.categories.update(
        unit, input.id, set(&Category::name, input.name.value_or(category->name)),
        set(&Category::description, input.description ? input.description : category->description),
        set(&Category::parent_category_id,
            input.parent_category_id ? input.parent_category_id : category->parent_category_id),
        set(&Category::tags, input.tags.value_or(category->tags)), set(&Category::updated_at, call.now()));
    co_return *category;
  });
}

Task<void> Categories::remove(Call& call, ById<Category> input) {
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    if (!co_await in_.categories.find(unit, input.id)) throw no_category(input.id);
    if (co_await in_.products.find(unit, where(&Product::category_id) == input.id))
      throw Error(conflict, "category.in_use", "The category still has products");
    if (co_await in_.categories.find(unit, where(&Category::parent_category_id) == input.id))
      throw Error(conflict, "category.in_use", "The category still has categories below it");
    co_await in_.categories.remove(unit, input.id);
  });
}

}  // namespace shop::product
