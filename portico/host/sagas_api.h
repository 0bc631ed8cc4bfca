// Operating sagas: which ones are open, and what is to become of them.
#pragma once

#include "portico/service/sagas.h"
#include "portico/service/service.h"

namespace portico {

struct SagasWanted {
  std::optional<bool> stuck;  // only those that somebody should look at
  std::optional<Int<1, 200>> limit;
  std::optional<Text<0, 4000>> after;  // the `next` of the page before
};
PORTICO_DESCRIBE(SagasWanted, stuck, limit, after)

struct SagaPage {
  std::vector<SagaRecord> sagas;
  std::string next;  // empty: there are no more
};
PORTICO_DESCRIBE(SagaPage, sagas, next)

struct SagasApi {
  Endpoint<GET, "/internal/sagas", SagaPage(SagasWanted)> list{"List the open sagas", allow(internal),
                                                               inside};
  Endpoint<GET, "/internal/sagas/{id}", SagaRecord(ById<SagaRecord>)> read{
      "Read an open saga", named("saga"), allow(internal), inside, fails(404)};
  Endpoint<POST, "/internal/sagas/{id}/retry", void(ById<SagaRecord>)> retry{
      "Try a saga again now", allow(internal), inside, idempotent, fails(404)};
  Endpoint<POST, "/internal/sagas/{id}/compensate", void(ById<SagaRecord>)> compensate{
      "Undo a saga that has not passed its pivot", allow(internal), inside, fails(404, 409)};
};
PORTICO_API(SagasApi, list, read, retry, compensate)

// Serves them on `service`; `sagas` is null where it has none. The result must live as long as the service.
std::shared_ptr<void> serve_sagas(Service& service, Sagas* sagas);

}  // namespace portico
