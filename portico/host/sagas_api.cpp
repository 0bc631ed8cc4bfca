#include "portico/host/sagas_api.h"

namespace portico {

PORTICO_API_DEFINITION(SagasApi)

namespace {

constexpr int64_t page_default = 50;

Error unknown(const Id<SagaRecord>& id) {
  return Error(not_found, "saga.unknown", "There is no open saga " + id.value);
}

class SagasService {
 public:
  SagasService(Service& service, Sagas* sagas) : sagas_(sagas) {
    service.bind(&SagasApi::list, this, &SagasService::list);
    service.bind(&SagasApi::read, this, &SagasService::read);
    service.bind(&SagasApi::retry, this, &SagasService::retry);
    service.bind(&SagasApi::compensate, this, &SagasService::compensate);
  }

 private:
  Task<SagaPage> list(Call& call, SagasWanted wanted) {
    SagaPage result;
    if (!sagas_) co_return result;
    Page<SagaRecord> page = co_await sagas_->list(call, wanted.stuck.value_or(false),
                                                  size_t(int64_t(wanted.limit.value_or(page_default))),
                                                  wanted.after.value_or(""));
    result.sagas = std::move(page.items);
    result.next = std::move(page.next);
    co_return result;
  }
  Task<SagaRecord> read(Call& call, ById<SagaRecord> wanted) {
    std::optional<SagaRecord> found;
    if (sagas_) found = co_await sagas_->find(call, wanted.id);
    if (!found) throw unknown(wanted.id);
    co_return *found;
  }
  Task<void> retry(Call& call, ById<SagaRecord> wanted) {
    if (!sagas_ || !co_await sagas_->retry(call, wanted.id)) throw unknown(wanted.id);
    call.log().write(Level::info, call, "saga to be tried again", {{"saga", wanted.id.value}});
  }
  Task<void> compensate(Call& call, ById<SagaRecord> wanted) {
    if (!sagas_ || !co_await sagas_->compensate(call, wanted.id)) throw unknown(wanted.id);
    call.log().write(Level::warn, call, "saga undone by an operator", {{"saga", wanted.id.value}});
  }

  Sagas* sagas_;
};

}  // namespace

std::shared_ptr<void> serve_sagas(Service& service, Sagas* sagas) {
  return std::make_shared<SagasService>(service, sagas);
}

}  // namespace portico
