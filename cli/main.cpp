// `portico`: one program that runs, shows and operates every system.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/ask.h"
#include "cli/backup.h"
#include "cli/dead_letters.h"
#include "cli/doctor.h"
#include "cli/run.h"
#include "cli/sagas.h"
#include "cli/show.h"
#include "cli/sim.h"

namespace portico::cli {
namespace {

// Everything the commands take; lives as long as the parser.
struct Arguments {
  RunOptions run;
  bool split = false;
  bool verify = false;
  BackupArguments backup;
  RestoreArguments restore;
  DeadLetterArguments dead_letters;
  std::string service;
  CallOptions call;
  SimOptions sim;
  SagasOptions sagas;
  std::string mail_to, mail_id;
  int mail_limit = 20;
  int result = done;
};

void add_keys(CLI::App* command, CommonOptions& options) {
  command->add_option("--config", options.files, "a configuration file (TOML); later ones win");
  command->add_option_function<std::vector<std::string>>(
      "--set",
      [&options](const std::vector<std::string>& settings) {
        for (const std::string& setting : settings) {
          size_t equals = setting.find('=');
          if (equals == setting.npos) throw CLI::ValidationError("--set", "needs key=value, not " + setting);
          options.keys[setting.substr(0, equals)] = setting.substr(equals + 1);
        }
      },
      "one configuration value: key=value");
  auto shorthand = [&](const char* flag, const char* key, const char* help) {
    command->add_option_function<std::string>(
        flag, [&options, key](const std::string& value) { options.keys[key] = value; }, help);
  };
  shorthand("--data", "host.data", "folder of databases and keys");
  shorthand("--mode", "mode", "development or production");
}

CLI::App* add_command(CLI::App& app, const char* name, const char* help, CommonOptions& options,
                      bool json = true) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("system", options.system, "the system: shop")->capture_default_str();
  add_keys(command, options);
  if (json) command->add_flag("--json", options.json, "print JSON");
  return command;
}

// A command whose arguments are ids: the system is an option.
CLI::App* add_for_ids(CLI::App& app, const char* name, const char* help, CommonOptions& options, bool json) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("--system", options.system, "the system")->capture_default_str();
  add_keys(command, options);
  if (json) command->add_flag("--json", options.json, "print JSON");
  return command;
}

void add_running(CLI::App& app, Arguments& arguments) {
  CommonOptions& common = arguments.run.common;
  CLI::App* up = add_command(app, "up", "start a system in the foreground", common, false);
  up->add_flag("--split", arguments.split, "a process a service, supervised from here");
  up->callback(
      [&] { arguments.result = arguments.split ? run_split(arguments.run) : run_here(arguments.run); });
  CLI::App* run =
      add_command(app, "run", "start one or some services of a system, for containers", common, false);
  run->add_option("parts", arguments.run.parts, "services, or gateway")->required();
  run->add_flag("--supervised", arguments.run.supervised, "started by up --split")->group("");
  run->callback([&] { arguments.result = run_here(arguments.run); });
}

void add_showing(CLI::App& app, Arguments& arguments) {
  CommonOptions& common = arguments.run.common;
  add_command(app, "config", "show every configuration value and where it comes from", common)->callback([&] {
    arguments.result = show_config(common);
  });
  CLI::App* routes = add_command(app, "routes", "list the endpoints of a system", common);
  routes->add_option("service", arguments.service, "only of this service");
  routes->callback([&] { arguments.result = show_routes(common, arguments.service); });
  CLI::App* openapi =
      add_command(app, "openapi", "print the OpenAPI document of a system or service", common, false);
  openapi->add_option("service", arguments.service, "only of this service");
  openapi->callback([&] { arguments.result = show_openapi(common, arguments.service); });
  CLI::App* version = app.add_subcommand("version", "print the version");
  version->add_flag("--json", common.json, "print JSON");
  version->callback([&] { arguments.result = show_version(common.json); });
}

void add_asking(CLI::App& app, Arguments& arguments) {
  CommonOptions& common = arguments.run.common;
  add_command(app, "status", "show the health of a running system", common)->callback([&] {
    arguments.result = ask_status(common);
  });
  add_command(app, "seed", "fill a running system with demo data", common, false)->callback([&] {
    arguments.result = ask_seed(common);
  });
  CLI::App* look = add_command(app, "doctor", "look for what stands in the way of a system here", common);
  look->add_flag("--verify", arguments.verify, "check the data of a system that is stopped, instead");
  look->callback([&] { arguments.result = doctor(common, arguments.verify); });
  CLI::App* call =
      add_command(app, "call", "call an endpoint of a running system with internal rights", common, false);
  call->add_option("endpoint", arguments.call.endpoint, "service.endpoint; see routes")->required();
  call->add_option("arguments", arguments.call.arguments, "name=value");
  call->add_option("--body", arguments.call.body, "the JSON body");
  call->add_option("--token-file", arguments.call.token_file, "act as the user whose token is in this file");
  call->callback([&] { arguments.result = ask_call(common, arguments.call); });
  CLI::App* mail = app.add_subcommand("mail", "read the mails of the development outbox");
  mail->require_subcommand(1);
  CLI::App* list = add_command(*mail, "ls", "list the newest mails", common);
  list->add_option("--to", arguments.mail_to, "only to this address");
  list->add_option("--limit", arguments.mail_limit, "at most this many")->check(CLI::Range(1, 200));
  list->callback([&] { arguments.result = ask_mail_list(common, arguments.mail_to, arguments.mail_limit); });
  CLI::App* show = add_for_ids(*mail, "show", "print a mail", common, true);
  show->add_option("id", arguments.mail_id, "the mail's id, as ls prints it")->required();
  show->callback([&] { arguments.result = ask_mail_show(common, arguments.mail_id); });
}

void add_simulating(CLI::App& app, Arguments& arguments) {
  CommonOptions& common = arguments.run.common;
  SimOptions& sim = arguments.sim;
  CLI::App* command =
      app.add_subcommand("sim", "run a system under simulated faults and check what must hold");
  command->add_option("system", common.system, "the system: shop")->capture_default_str();
  command->add_option("--seeds", sim.seeds, "how many runs")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  command->add_option("--seed", sim.first_seed, "the first seed")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--minutes", sim.minutes, "of faults in each run; without it half a minute")
      ->check(CLI::Range(1, 1000));
  command->add_option("--jobs", sim.jobs, "processes; without it one a core")->check(CLI::Range(1, 256));
  command->add_option("--topology", sim.topology, "single or split; without it in turn")
      ->check(CLI::IsMember({"single", "split"}));
  command->add_option("--plant", sim.plant, "a planted bug, in builds that have them");
  command->add_option("--faults", sim.faults, "a file with the faults of the run, as a failure writes it");
  command->add_flag("--crash-points", sim.crash_points,
                    "one order, crashed before and after each write, sync and send");
  command->add_flag("--log", sim.log, "print the log of a seed that is run alone");
  command->add_flag("--no-shrink", sim.no_shrink, "do not look for the faults that a failure needs");
  command->add_flag("--json", common.json, "print JSON");
  command->callback([&] { arguments.result = simulate(common, sim); });
}

void add_keeping(CLI::App& app, Arguments& arguments) {
  CommonOptions& common = arguments.run.common;
  CLI::App* backup = add_command(app, "backup", "save the databases of a system, running or not", common);
  backup->add_option("--to", arguments.backup.to, "the folder to make it in, instead of backup.folder");
  backup->add_flag("--with-keys", arguments.backup.with_keys, "save the secrets of the data folder as well");
  backup->require_subcommand(0, 1);
  add_command(*backup, "ls", "list the backups in backup.folder", common);
  backup->callback([&arguments, &common, backup] {
    arguments.result =
        backup->get_subcommands().empty() ? back_up(common, arguments.backup) : list_backups(common);
  });
  CLI::App* back = add_command(app, "restore", "make a data folder from a backup", common);
  back->add_option("--from", arguments.restore.from, "the folder of the backup")->required();
  back->add_option("--service", arguments.restore.service, "only this service, into quarantine");
  back->add_flag("--force", arguments.restore.force, "move a data folder that is there aside");
  back->callback([&] { arguments.result = restore(common, arguments.restore); });
  CLI::App* look =
      add_command(app, "reconcile", "show how a service in quarantine differs from the others", common);
  look->add_option("service", arguments.service, "the service")->required();
  look->callback([&] { arguments.result = reconcile_service(common, arguments.service); });
  CLI::App* free = add_command(app, "release", "end the quarantine of a service", common, false);
  free->add_option("service", arguments.service, "the service")->required();
  free->callback([&] { arguments.result = release_service(common, arguments.service); });
}

void add_sagas(CLI::App& app, Arguments& arguments) {
  CommonOptions& common = arguments.run.common;
  SagasOptions& wanted = arguments.sagas;
  CLI::App* sagas = app.add_subcommand("sagas", "see to the open sagas of a running system");
  sagas->require_subcommand(1);
  CLI::App* list = add_command(*sagas, "ls", "list them, those that are due first", common);
  list->add_option("--service", wanted.service, "only of this service");
  list->add_flag("--stuck", wanted.only_stuck, "only those that have failed too often");
  list->add_option("--limit", wanted.limit, "at most this many of a service")->check(CLI::Range(1, 200));
  list->callback([&] { arguments.result = list_sagas(common, wanted); });
  auto add_one = [&](const char* name, const char* help, bool json) {
    CLI::App* command = add_for_ids(*sagas, name, help, common, json);
    command->add_option("id", wanted.id, "the saga's id, as ls prints it")->required();
    command->add_option("--service", wanted.service, "the service that has it");
    return command;
  };
  add_one("show", "print one", true)->callback([&] { arguments.result = show_saga(common, wanted); });
  add_one("retry", "try one again now", false)->callback([&] {
    arguments.result = retry_saga(common, wanted);
  });
  add_one("compensate", "undo one that has not passed its pivot", false)->callback([&] {
    arguments.result = compensate_saga(common, wanted);
  });
}

// A command over dead letters that ids or filters choose.
CLI::App* add_chosen(CLI::App& dlq, const char* name, const char* help, Arguments& arguments, bool filters) {
  CommonOptions& common = arguments.run.common;
  DeadLetterArguments& wanted = arguments.dead_letters;
  CLI::App* command = add_for_ids(dlq, name, help, common, true);
  CLI::Option* ids = command->add_option("id", wanted.ids, "as ls prints it");
  if (!filters) ids->required()->expected(1);
  command->add_option("--service", wanted.service, "only of this service");
  if (filters) command->add_flag("--all", wanted.all, "all that fit, instead of ids");
  return command;
}

void add_filters(CLI::App* command, DeadLetterArguments& wanted) {
  command->add_option("--group", wanted.group, "only of this group of subscribers");
  command->add_option("--reason", wanted.reason, "only with this reason of the last error");
  command->add_option("--limit", wanted.limit, "at most this many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
}

void add_dead_letters(CLI::App& app, Arguments& arguments) {
  CommonOptions& common = arguments.run.common;
  DeadLetterArguments& wanted = arguments.dead_letters;
  CLI::App* dlq = app.add_subcommand("dlq", "look at and act on events that could not be handled");
  dlq->require_subcommand(1);
  CLI::App* list = add_command(*dlq, "ls", "list the dead letters of a running system", common);
  list->add_option("--service", wanted.service, "only of this service");
  list->add_flag("--waiting", wanted.waiting, "those that wait for another try instead");
  add_filters(list, wanted);
  list->callback([&] { arguments.result = list_dead_letters(common, wanted); });
  CLI::App* show = add_chosen(*dlq, "show", "print one with its contents", arguments, false);
  show->callback([&] { arguments.result = show_dead_letter(common, wanted); });
  CLI::App* replay = add_chosen(*dlq, "replay", "hand them to the group that failed, now", arguments, true);
  add_filters(replay, wanted);
  replay->callback([&] { arguments.result = replay_dead_letters(common, wanted); });
  CLI::App* drop = add_chosen(*dlq, "drop", "forget them", arguments, true);
  add_filters(drop, wanted);
  drop->add_option("--because", wanted.because, "why, for the log")->required();
  drop->callback([&] { arguments.result = drop_dead_letters(common, wanted); });
}

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Runs a backend of many services behind one gateway, as one process or as many.", "portico"};
  app.footer("Try: portico up shop, and in another terminal: portico seed shop");
  app.set_version_flag("--version", std::string("portico ") + PORTICO_VERSION);
  app.require_subcommand(1);
  add_running(app, arguments);
  add_showing(app, arguments);
  add_asking(app, arguments);
  add_simulating(app, arguments);
  add_keeping(app, arguments);
  add_sagas(app, arguments);
  add_dead_letters(app, arguments);
  std::vector<std::string_view> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (argc > 1 && argv[1][0] != '-' && std::find(known.begin(), known.end(), argv[1]) == known.end()) {
    std::string_view meant = nearest(argv[1], known);
    std::fprintf(stderr, "portico: there is no command \"%s\"%s; see: portico --help\n", argv[1],
                 meant.empty() ? "" : (" (did you mean " + std::string(meant) + "?)").c_str());
    return wrong_usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? done : wrong_usage;
  }
  return arguments.result;
}

}  // namespace
}  // namespace portico::cli

int main(int argc, char** argv) {
  ::signal(SIGPIPE,
           SIG_IGN);  // a closed pipe or connection is an error of that write, not the end of the process
  try {
    return portico::cli::run(argc, argv);
  } catch (const portico::Error& error) {
    return portico::cli::report(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portico: %s\n", error.what());
    return portico::cli::failed;
  }
}
