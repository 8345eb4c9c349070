using System.Collections.Immutable;
using System.Globalization;

namespace Screening.Node.Configuration;

/// <summary>
/// Turns options back into settings as they are written in a file, secrets hidden, each value with its place. Values that a profile
/// inherits are included, except for lists of tables.
/// </summary>
internal static class OptionsTree
{
    /// <summary>The place of a value that a profile did not set itself.</summary>
    public static readonly ConfigurationPlace Inherited = new(PlaceKind.Default, "inherited");

    public static SettingTable Of(ScreeningOptions options, IReadOnlyDictionary<string, ConfigurationPlace> origins) =>
        new Writer(origins).Table(options, "");

    /// <summary>One setting of an options object; null if it has no value.</summary>
    public static SettingNode? Of(Setting setting, object owner) =>
        new Writer(ImmutableDictionary<string, ConfigurationPlace>.Empty).Node(setting, owner, setting.Name);

    private sealed class Writer(IReadOnlyDictionary<string, ConfigurationPlace> origins)
    {
        public SettingTable Table(object owner, string prefix)
        {
            var table = new SettingTable(Place(prefix.TrimEnd('.')));
            foreach (var setting in Setting.Of(owner.GetType()))
            {
                if (Node(setting, owner, prefix + setting.Name) is { } node)
                    table[setting.Name] = node;
            }

            return table;
        }

        public SettingNode? Node(Setting setting, object owner, string path)
        {
            switch (setting.Kind)
            {
                case SettingKind.Value:
                    var value = setting.Get(owner);
                    return value is null && !setting.Definition.EmptyIsNone ? null : Value(setting, value, path);
                case SettingKind.Values:
                    var items = setting.GetItems(owner).Select(
                        (item, index) => Value(setting, index > 0 && setting.Definition.OnlyFirstIsShown ? Secret.Mask : item, path));
                    return new SettingList(items, Place(path)) { IsOfValues = true };
                case SettingKind.Tables:
                    return Tables(setting, owner, path);
                case SettingKind.Table:
                    return Table(setting.Get(owner)!, path + '.');
                default:
                    var profiles = new SettingTable(ConfigurationPlace.Default);
                    foreach (var (name, profile) in (ImmutableSortedDictionary<string, ProfileOptions>)setting.Get(owner)!)
                        profiles[name] = Table(profile, $"{path}.{name}.");
                    return profiles;
            }
        }

        private SettingList? Tables(Setting setting, object owner, string path)
        {
            if (Place(path) == Inherited)
                return null;
            var items = setting.GetItems(owner)
                .Select((item, index) => Table(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index + 1}].")));
            return new SettingList(items, Place(path));
        }

        private SettingValue Value(Setting setting, object? value, string path)
        {
            var scalar = value is null ? "" : SettingTypes.Find(setting.Type)!.Write(value);
            return new SettingValue(scalar, "", Place(path));
        }

        private ConfigurationPlace Place(string path)
        {
            if (origins.TryGetValue(path, out var place))
                return place;
            var isOptional = path.EndsWith(".local", StringComparison.Ordinal) || path.EndsWith(".door", StringComparison.Ordinal);
            return path.StartsWith("profile.", StringComparison.Ordinal) && !path.Contains('[', StringComparison.Ordinal) && !isOptional
                ? Inherited
                : ConfigurationPlace.Default;
        }
    }
}
