#include "systems/shop/product/reservations.h"

#include <map>

#include "systems/shop/product/stock.h"

namespace shop::product {
namespace {

constexpr int64_t hold_seconds_default = 15 * 60;
constexpr size_t expired_at_once_max = 100;

Error no_reservation(const Id<Reservation>& id) {
  return Error(not_found, "reservation.unknown", "Reservation " + id.value + " not found");
}

// One a product, for movements of an order are unique by product.
std::vector<StockMovement> movements_of(const Id<order::Order>& order, const std::vector<ReservedItem>& items,
                                        int64_t direction) {
  std::map<std::string, int64_t> quantities;
  for (const ReservedItem& item : items) quantities[item.product_id.value] += item.quantity;
  std::vector<StockMovement> movements;
  for (const auto& [product, quantity] : quantities)
    movements.push_back({.product_id = Id<Product>{product},
                         .order_id = order,
                         .delta = direction * quantity,
                         .kind = MovementKind::reservation});
  return movements;
}

}  // namespace

void Reservations::serve(Service& service) {
  service.bind(&Api::reserve, this, &Reservations::reserve);
  service.bind(&Api::release, this, &Reservations::release);
  service.bind(&Api::commit, this, &Reservations::commit);
  service.every(
      {"reservations.expire", std::chrono::seconds(10), [this](Call& call) { return expire(call); }});
}

// The same order reserving again gets its reservation, whatever it asks for.
Task<Reservation> Reservations::reserve(Call& call, NewReservation input) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Reservation> {
    std::optional<Reservation> held =
        co_await in_.reservations.find(unit, where(&Reservation::order_id) == input.order_id);
    if (held) co_return *held;
    for (const StockMovement& movement : movements_of(input.order_id, input.items, -1))
      co_await move_stock(unit, in_, movement);
    int64_t seconds = input.expires_in_seconds ? int64_t(*input.expires_in_seconds) : hold_seconds_default;
    Reservation reservation{.id = call.new_id<Reservation>(),
                            .order_id = input.order_id,
                            .items = input.items,
                            .state = ReservationState::held,
                            .expires_at = call.now() + std::chrono::seconds(seconds),
                            .created_at = call.now()};
    co_await in_.reservations.insert(unit, reservation);
    co_return reservation;
  });
}

// Marks it released and returns the stock; the condition makes it happen once.
Task<void> Reservations::give_back(Unit& unit, Reservation reservation) {
  auto released = co_await in_.reservations.update(unit, reservation.id,
                                                   set(&Reservation::state, ReservationState::released),
                                                   where(&Reservation::state) == ReservationState::held);
  if (!released) co_return;
  for (const StockMovement& movement : movements_of(reservation.order_id, reservation.items, 1))
    co_await move_stock(unit, in_, movement);
}

Task<void> Reservations::release(Call& call, ById<Reservation> input) {
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    std::optional<Reservation> reservation = co_await in_.reservations.find(unit, input.id);
    if (!reservation) throw no_reservation(input.id);
    if (reservation->state == ReservationState::committed)
      throw Error(conflict, "reservation.committed", "The reservation is final already");
    co_await give_back(unit, *reservation);
  });
}

Task<Reservation> Reservations::commit(Call& call, ById<Reservation> input) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Reservation> {
    std::optional<Reservation> reservation = co_await in_.reservations.find(unit, input.id);
    if (!reservation) throw no_reservation(input.id);
    if (reservation->state == ReservationState::released)
      throw Error(conflict, "reservation.released", "The reservation has expired or was released");
    reservation = co_await in_.reservations.update(unit, input.id,
                                                   set(&Reservation::state, ReservationState::committed));
    co_return *reservation;
  });
}

Task<void> Reservations::expire(Call& call) {
  Query query{.filter = where(&Reservation::state) == ReservationState::held &&
                        where(&Reservation::expires_at) < call.now(),
              .limit = expired_at_once_max};
  Page<Reservation> due = co_await in_.reservations.list(call, query);
  for (const Reservation& reservation : due.items)
    co_await store_.write(call, [&](Unit& unit) -> Task<void> { co_await give_back(unit, reservation); });
}

}  // namespace shop::product
