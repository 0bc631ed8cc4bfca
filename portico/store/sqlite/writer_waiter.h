// Inside store/sqlite only: one who waits for the writer.
#pragma once

#include "portico/store/sqlite/writer.h"

namespace portico::sqlite {

struct Writer::Waiter {
  enum class Status { queued, granted, refused };
  explicit Waiter(Instant until) : deadline(until) {}
  Gate turn;  // opens when granted or refused
  const Instant deadline;
  Status status = Status::queued;  // under Writer::mutex_ until `turn` is open
  std::optional<Error> error;      // when refused
};

}  // namespace portico::sqlite
