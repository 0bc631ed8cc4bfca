#include "systems/shop/product/reservations.h"

#include <algorithm>

#include "portico/base/planted.h"
#include "portico/runtime/sometimes.h"
#include "systems/shop/product/stock.h"

namespace shop::product {
namespace {

constexpr int64_t hold_seconds_default = 15 * 60;
constexpr size_t expired_at_once_max = 100;
constexpr size_t movements_max = 200;  // of an order: each of its items taken and given back

// One a product: its stock moves once for an order.
std::vector<ReservedItem> merged(const std::vector<ReservedItem>& items) {
  std::vector<ReservedItem> result;
  for (const ReservedItem& item : items) {
    auto same = std::find_if(result.begin(), result.end(),
                             [&](const ReservedItem& other) { return other.product_id == item.product_id; });
    if (same == result.end())
      result.push_back(item);
    else
      same->quantity = same->quantity + item.quantity;
  }
  return result;
}

Error released() {
  sometimes("reservation.refused_after_release");
  return Error(conflict, "reservation.released", "The reservation has expired or was released");
}

}  // namespace

void Reservations::serve(Service& service) {
  service.bind(&Api::reserve, this, &Reservations::reserve);
  service.bind(&Api::release, this, &Reservations::release);
  service.bind(&Api::commit, this, &Reservations::commit);
  service.every(
      {"reservations.expire", std::chrono::seconds(10), [this](Call& call) { return expire(call); }});
}

Task<ReservationView> Reservations::reserve(Call& call, NewReservation input) {
  for (const ReservedItem& item : merged(input.items))
    if (item.quantity > Int<1, 1'000'000>::max)
      throw Error::invalid_input({{"/items", "must not ask for more than 1000000 pieces of one product"}});
  int64_t seconds = input.expires_in_seconds ? int64_t(*input.expires_in_seconds) : hold_seconds_default;
  Reservation reservation{.id = {input.order_id.value},
                          .order_id = input.order_id,
                          .items = merged(input.items),
                          .state = ReservationState::held,
                          .expires_at = call.now() + std::chrono::seconds(seconds),
                          .created_at = call.now()};
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<ReservationView> {
    Reservation held = reservation;
    std::optional<Reservation> before = co_await in_.reservations.find(unit, reservation.id);
    if (before) held = *before;
    if (before) sometimes("reservation.repeated");
    if (held.state == ReservationState::released) throw released();
    ReservationView view{
        .id = held.id, .order_id = held.order_id, .state = held.state, .expires_at = held.expires_at};
    for (const ReservedItem& item : held.items) {
      StockChange taken{.id = item.product_id, .quantity = -item.quantity, .order_id = held.order_id};
      std::optional<Product> product = co_await move_for_order(unit, in_, std::move(taken));
      if (!product)
        throw Error(not_found, "product.unknown", "Product " + item.product_id.value + " not found");
      view.items.push_back({item.product_id, item.quantity, product->stock, product->updated_at});
    }
    if (!before) co_await in_.reservations.insert(unit, reservation);
    co_return view;
  });
}

// Everything that was taken for the order, in whatever way, comes back once; what is still to come is
// refused.
Task<void> Reservations::give_back(Unit& unit, Id<Reservation> id) {
  Id<order::Order> order_id{id.value};
  Query query{.filter = where(&StockMovement::order_id) == order_id && where(&StockMovement::takes) == true,
              .limit = movements_max};
  Page<StockMovement> taken = co_await in_.movements.list(unit, query);
  for (const StockMovement& movement : taken.items) {
    StockChange back{.id = movement.product_id, .quantity = -movement.delta, .order_id = order_id};
    co_await move_for_order(unit, in_, std::move(back));
  }
  bool known =
      co_await in_.reservations.change(unit, id, set(&Reservation::state, ReservationState::released));
  if (known || planted(Plant::undo_leaves_no_mark)) co_return;
  Time now = unit.call().now();
  Reservation mark{.id = id,
                   .order_id = order_id,
                   .state = ReservationState::released,
                   .expires_at = now,
                   .created_at = now};
  co_await in_.reservations.insert(unit, std::move(mark));
}

Task<void> Reservations::release(Call& call, ById<Reservation> input) {
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    std::optional<Reservation> reservation = co_await in_.reservations.find(unit, input.id);
    if (reservation && reservation->state == ReservationState::released && !planted(Plant::give_back_repeats))
      co_return;
    co_await give_back(unit, input.id);
  });
}

Task<Reservation> Reservations::commit(Call& call, ById<Reservation> input) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Reservation> {
    std::optional<Reservation> reservation =
        co_await in_.reservations.update(unit, input.id, where(&Reservation::state) == ReservationState::held,
                                         set(&Reservation::state, ReservationState::committed));
    if (reservation) co_return *reservation;
    reservation = co_await in_.reservations.find(unit, input.id);
    if (!reservation)
      throw Error(not_found, "reservation.unknown", "Reservation " + input.id.value + " not found");
    if (reservation->state == ReservationState::released) throw released();
    co_return *reservation;
  });
}

// Those that nobody has committed in time.
Task<void> Reservations::expire(Call& call) {
  Query query{.filter = where(&Reservation::state) == ReservationState::held &&
                        where(&Reservation::expires_at) < call.now(),
              .limit = expired_at_once_max};
  if (planted(Plant::expiry_ignores_commit)) query.filter = where(&Reservation::expires_at) < call.now();
  Page<Reservation> due = co_await in_.reservations.list(call, query);
  for (const Reservation& reservation : due.items)
    co_await store_.write(call, [&](Unit& unit) -> Task<void> {
      std::optional<Reservation> present = co_await in_.reservations.find(unit, reservation.id);
      const bool held = present && present->state == ReservationState::held;
      if (held) sometimes("reservation.expired");
      if (held || planted(Plant::expiry_ignores_commit)) co_await give_back(unit, reservation.id);
    });
}

}  // namespace shop::product
