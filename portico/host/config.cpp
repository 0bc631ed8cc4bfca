#include "portico/host/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace portico {
namespace {

std::optional<int64_t> whole(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// "250ms", "5s", "15m", "24h", "7d" in milliseconds.
std::optional<int64_t> span_ms(std::string_view text) {
  static constexpr std::pair<std::string_view, int64_t> units[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  for (auto [unit, factor] : units) {
    if (!text.ends_with(unit)) continue;
    std::optional<int64_t> count = whole(text.substr(0, text.size() - unit.size()));
    if (count && *count >= 0 && *count <= INT64_MAX / factor / 1000) return *count * factor;
  }
  return std::nullopt;
}

std::optional<bool> truth(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

// What is wrong with a value for a key; empty when it fits. Never repeats the value of a secret.
std::string fault(const ConfigKey& key, std::string_view value) {
  auto range = [&](int64_t number) -> std::string {
    if (number < key.min) return fmt::format("must be at least {}", key.min);
    if (number > key.max) return fmt::format("must be at most {}", key.max);
    return {};
  };
  if (value.empty()) return {};
  switch (key.kind) {
    case ConfigKind::integer:
      if (auto number = whole(value)) return range(*number);
      return fmt::format("must be a whole number, not \"{}\"", value);
    case ConfigKind::boolean:
      return truth(value) ? "" : fmt::format("must be true or false, not \"{}\"", value);
    case ConfigKind::duration:
      if (auto ms = span_ms(value)) return range(*ms);
      return fmt::format("must be a duration such as 250ms, 5s, 15m or 24h, not \"{}\"", value);
    case ConfigKind::text:
      if (!key.options.empty() &&
          std::find(key.options.begin(), key.options.end(), value) == key.options.end())
        return fmt::format("must be one of {}, not \"{}\"", fmt::join(key.options, ", "), value);
      return {};
    case ConfigKind::secret:
    case ConfigKind::list:
      return {};
  }
  return {};
}

// Levenshtein distance, for short names.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::optional<std::string> toml_text(const toml::node& node) {
  if (auto text = node.value<std::string>(); node.is_string()) return text;
  if (node.is_integer()) return std::to_string(*node.value<int64_t>());
  if (node.is_boolean()) return *node.value<bool>() ? "true" : "false";
  if (const toml::array* array = node.as_array()) {
    std::string list;
    for (const toml::node& item : *array) {
      std::optional<std::string> text = toml_text(item);
      if (!text) return std::nullopt;
      if (!list.empty()) list += ',';
      list += *text;
    }
    return list;
  }
  return std::nullopt;
}

// Every leaf of a table as dotted key and node.
void leaves(const toml::table& table, const std::string& prefix,
            std::vector<std::pair<std::string, const toml::node*>>& found) {
  for (auto&& [key, node] : table) {
    std::string name = prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (const toml::table* inner = node.as_table())
      leaves(*inner, name, found);
    else
      found.emplace_back(std::move(name), &node);
  }
}

Error config_error(std::vector<Violation> violations) {
  std::string text = "The configuration is not valid:";
  for (const Violation& violation : violations) text += "\n  " + violation.pointer + " " + violation.message;
  return Error(Code::invalid, "config.invalid", std::move(text));
}

}  // namespace

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (std::string_view candidate : known) {
    size_t d = distance(name, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

Config::Config(std::vector<ConfigKey> keys) : keys_(std::move(keys)) {
  for (const ConfigKey& key : keys_) {
    PORTICO_CHECK(fault(key, key.value).empty());
    settings_[key.name] = {key.value, "built-in"};
  }
}

const ConfigKey* Config::find(std::string_view name) const {
  auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const ConfigKey& key) { return key.name == name; });
  return found == keys_.end() ? nullptr : &*found;
}

std::optional<Violation> Config::apply(std::string_view name, std::string value, std::string origin) {
  const ConfigKey* key = find(name);
  if (!key) {
    std::vector<std::string_view> known;
    for (const ConfigKey& candidate : keys_) known.push_back(candidate.name);
    std::string_view meant = nearest(name, known);
    std::string text = fmt::format("is not a known key ({})", origin);
    if (!meant.empty()) text += fmt::format("; did you mean {}?", meant);
    return Violation{std::string(name), std::move(text)};
  }
  if (std::string wrong = fault(*key, value); !wrong.empty())
    return Violation{std::string(name), wrong + " (" + origin + ")"};
  settings_[key->name] = {std::move(value), std::move(origin)};
  return std::nullopt;
}

void Config::read_toml(std::string_view text, std::string_view file) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(Code::invalid, "config.malformed",
                fmt::format("{}:{}:{}: {}", file, error.source().begin.line, error.source().begin.column,
                            error.description()));
  }
  std::vector<std::pair<std::string, const toml::node*>> found;
  leaves(table, "", found);
  std::vector<Violation> violations;
  for (auto& [name, node] : found) {
    std::string origin = fmt::format("{}:{}", file, node->source().begin.line);
    std::optional<std::string> value = toml_text(*node);
    std::optional<Violation> violation =
        value ? apply(name, std::move(*value), origin)
              : Violation{name, "has a type that no key takes (" + origin + ")"};
    if (violation) violations.push_back(std::move(*violation));
  }
  if (!violations.empty()) throw config_error(std::move(violations));
}

void Config::read_environment(const Variables& variables) {
  std::vector<Violation> violations;
  for (const ConfigKey& key : keys_) {
    // The preferred name stands first, so it is applied last.
    for (auto name = key.variables.rbegin(); name != key.variables.rend(); ++name) {
      std::optional<std::string> value = variables(*name);
      std::string origin = *name;
      if (key.kind == ConfigKind::secret) {
        if (std::optional<std::string> path = variables(*name + "_FILE"); path && !path->empty()) {
          std::ifstream file(*path);
          std::stringstream content;
          content << file.rdbuf();
          if (!file) {
            violations.push_back({key.name, fmt::format("cannot be read from {} ({}_FILE)", *path, *name)});
            continue;
          }
          value = content.str();
          while (value->ends_with('\n') || value->ends_with('\r')) value->pop_back();
          origin += "_FILE";
        }
      }
      if (!value || value->empty()) continue;
      if (auto violation = apply(key.name, std::move(*value), std::move(origin)))
        violations.push_back(std::move(*violation));
    }
  }
  if (!violations.empty()) throw config_error(std::move(violations));
}

void Config::set(std::string_view key, std::string value, std::string_view origin) {
  if (auto violation = apply(key, std::move(value), std::string(origin)))
    throw config_error({std::move(*violation)});
}

const std::string& Config::text(std::string_view key) const {
  auto found = settings_.find(key);
  PORTICO_CHECK(found != settings_.end());  // a key that no table names
  return found->second.value;
}

bool Config::has(std::string_view key) const { return !text(key).empty(); }
int64_t Config::integer(std::string_view key) const { return whole(text(key)).value_or(0); }
bool Config::boolean(std::string_view key) const { return truth(text(key)).value_or(false); }
Duration Config::duration(std::string_view key) const {
  return std::chrono::milliseconds(span_ms(text(key)).value_or(0));
}
Secret Config::secret(std::string_view key) const { return Secret(text(key)); }

std::vector<std::string> Config::list(std::string_view key) const {
  std::vector<std::string> items;
  std::string_view rest = text(key);
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
  }
  return items;
}

std::vector<Config::Entry> Config::entries() const {
  std::vector<Entry> entries;
  for (const ConfigKey& key : keys_) {
    const Setting& setting = settings_.find(key.name)->second;
    bool hidden = key.kind == ConfigKind::secret && !setting.value.empty();
    entries.push_back({&key, hidden ? "********" : setting.value, setting.origin});
  }
  return entries;
}

}  // namespace portico
