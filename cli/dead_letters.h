// Commands over the dead letters of a running system: dlq ls, show, replay, drop.
#pragma once

#include "cli/command.h"

namespace portico::cli {

struct DeadLetterArguments {
  std::vector<std::string> ids;        // as ls prints them
  std::string service, group, reason;  // empty: any
  bool waiting = false;                // ls: those that wait for another try
  bool all = false;                    // replay, drop: all that fit, instead of ids
  std::string because;                 // drop: for the log
  int limit = 1000;                    // at most so many in one go
};

int list_dead_letters(const CommonOptions& options, const DeadLetterArguments& arguments);
int show_dead_letter(const CommonOptions& options, const DeadLetterArguments& arguments);
// Failed when one of the ids is not there (any more).
int replay_dead_letters(const CommonOptions& options, const DeadLetterArguments& arguments);
int drop_dead_letters(const CommonOptions& options, const DeadLetterArguments& arguments);

}  // namespace portico::cli
