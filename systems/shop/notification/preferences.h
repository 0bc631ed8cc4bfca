// Which messages users want.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/notification/collections.h"

namespace shop::notification {

class OwnPreferences {
 public:
  OwnPreferences(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<Preferences> read(Call& call, Nothing);
  // Holds from the next message on, those that wait to be sent included.
  Task<Preferences> change(Call& call, Preferences wanted);

  Store& store_;
  const Collections& in_;
};

}  // namespace shop::notification
