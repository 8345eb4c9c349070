using System.Collections.Immutable;
using System.Globalization;

namespace Screening.Node.Configuration;

/// <summary>
/// Turns what was written into options, by the keys, types and rules of single settings. A setting that fails keeps its default and is
/// marked as unsound, so that rules about several settings do not report it again.
/// </summary>
internal sealed class OptionsBinder
{
    private readonly List<ConfigurationFault> _faults = [];
    private readonly Dictionary<string, ConfigurationPlace> _origins = [];
    private readonly HashSet<string> _unsound = [];

    public IReadOnlyList<ConfigurationFault> Faults => _faults;

    /// <summary>The place of each setting that was given, by path; list items count from 1.</summary>
    public IReadOnlyDictionary<string, ConfigurationPlace> Origins => _origins;

    /// <summary>Paths of settings whose value is not valid.</summary>
    public IReadOnlySet<string> Unsound => _unsound;

    /// <summary>Sets what the table gives on new options that nothing else refers to yet.</summary>
    public void Bind(SettingTable table, ScreeningOptions options) => Bind(table, options, "");

    private void Bind(SettingTable table, object owner, string prefix)
    {
        var settings = Setting.Of(owner.GetType());
        foreach (var (key, node) in table.Entries)
        {
            if (!settings.Any(setting => setting.Name == key))
                Unknown(key, node, prefix, settings);
        }

        foreach (var setting in settings)
        {
            var path = prefix + setting.Name;
            if (table[setting.Name] is { } node)
                Bind(setting, node, owner, path);
            else if (setting.Definition.IsNeeded)
                Fault(table.Place, path, $"{path} is missing; it must be given");
        }
    }

    private void Bind(Setting setting, SettingNode node, object owner, string path)
    {
        if (setting.Kind is SettingKind.Values or SettingKind.Tables && (node as SettingTable)?.AsList() is { } items)
        {
            if (items.Missing is { } number)
                Fault(node.Place, path, $"{path} has no item number {number}; items are numbered from 0 without a gap");
            node = items;
        }

        switch (setting.Kind)
        {
            case SettingKind.Value:
                _origins[path] = node.Place;
                if (setting.Definition.EmptyIsNone && node is SettingValue { Text: "" })
                    setting.Set(owner, null);
                else if (Read(setting, node, path) is { } value)
                    setting.Set(owner, value);
                break;
            case SettingKind.Values when node is SettingList list:
                _origins[path] = node.Place;
                BindItems(setting, list, owner, path, (item, itemPath) => Read(setting, item, itemPath));
                break;
            case SettingKind.Tables when node is SettingList list:
                _origins[path] = node.Place;
                BindItems(setting, list, owner, path, (item, itemPath) => ReadTable(setting, item, itemPath));
                break;
            case SettingKind.Table when node is SettingTable table:
                Bind(table, setting.Get(owner)!, path + '.');
                break;
            case SettingKind.Profiles when node is SettingTable table:
                BindProfiles(setting, table, (ScreeningOptions)owner, path);
                break;
            default:
                _origins[path] = node.Place;
                Wrong(setting, node, path, setting.Kind switch
                {
                    SettingKind.Values => "it must be a list: [...]",
                    SettingKind.Tables => $"it must be a list of tables: [[{path}]]",
                    _ => $"it must be a table: [{path}]",
                });
                break;
        }
    }

    private void BindItems(Setting setting, SettingList list, object owner, string path, Func<SettingNode, string, object?> read)
    {
        var items = list.Items
            .Select((item, index) => read(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index + 1}]")))
            .ToList();
        if (items.Contains(null))
            _unsound.Add(path);
        setting.SetItems(owner, items.OfType<object>());
    }

    private object? Read(Setting setting, SettingNode node, string path)
    {
        _origins[path] = node.Place;
        var type = SettingTypes.Find(setting.Type)!;
        var (value, problem) = node is SettingValue scalar ? type.Read(scalar) : (null, "");
        problem = value is null
            ? problem is { Length: > 0 } ? problem : "it must be " + type.Wanted
            : setting.Constraints.Select(constraint => constraint.Broken(value)).FirstOrDefault(broken => broken is not null);
        if (problem is not null)
            Wrong(setting, node, path, problem);
        return problem is null ? value : null;
    }

    private object? ReadTable(Setting setting, SettingNode node, string path)
    {
        _origins[path] = node.Place;
        if (node is not SettingTable table)
        {
            Wrong(setting, node, path, "it must be a table: { ... }");
            return null;
        }

        var item = Activator.CreateInstance(setting.Type)!;
        Bind(table, item, path + '.');
        return item;
    }

    private void BindProfiles(Setting setting, SettingTable table, ScreeningOptions options, string path)
    {
        var profiles = options.Profiles.ToBuilder();
        foreach (var (name, node) in table.Entries)
        {
            var profilePath = $"{path}.{Key(name)}";
            _origins[profilePath] = node.Place;
            if (node is not SettingTable settings)
            {
                Wrong(setting, node, profilePath, $"it must be a table: [{profilePath}]");
                continue;
            }

            var profile = ProfileOptions.InheritedFrom(options);
            Bind(settings, profile, profilePath + '.');
            profiles[name] = profile;
        }

        setting.Set(options, profiles.ToImmutable());
    }

    private void Unknown(string key, SettingNode node, string prefix, ImmutableArray<Setting> settings)
    {
        var path = prefix + Key(key);
        var near = NearestName.Find(key, settings.Select(setting => setting.Name)) is { } sibling
            ? prefix + sibling
            : Setting.Paths(typeof(ScreeningOptions)).FirstOrDefault(known => known.EndsWith('.' + key, StringComparison.Ordinal));
        var meant = near is not null && node.Place.Kind == PlaceKind.Environment ? OverrideSource.VariableOf(near) : near;
        Fault(node.Place, path, meant is null ? $"{path} is not a setting" : $"{path} is not a setting; did you mean {meant}?");
    }

    private void Wrong(Setting setting, SettingNode node, string path, string rule)
    {
        _unsound.Add(path);
        Fault(node.Place, path, $"{path} is {Wording.Show(node, setting.Type)}; {rule}");
    }

    private void Fault(ConfigurationPlace place, string path, string message) => _faults.Add(new ConfigurationFault(place, path, message));

    // A key that needs quotes in TOML is shown in quotes.
    private static string Key(string key) =>
        key.Length > 0 && key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-') && key.Length <= 64
            ? key
            : '"' + Wording.Printable(key) + '"';
}
