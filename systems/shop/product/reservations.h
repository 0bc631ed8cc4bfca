// Stock held for an order: all or nothing, for a while.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/product/collections.h"

namespace shop::product {

// A reservation has its order's id, and whatever was asked for it may be asked again: the same answer, no
// second effect. One that is released before it is made is never made.
class Reservations {
 public:
  Reservations(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<ReservationView> reserve(Call& call, NewReservation input);
  Task<void> release(Call& call, ById<Reservation> input);
  Task<Reservation> commit(Call& call, ById<Reservation> input);
  Task<void> expire(Call& call);
  Task<void> give_back(Unit& unit, Id<Reservation> id);

  Store& store_;
  const Collections& in_;
};

}  // namespace shop::product
