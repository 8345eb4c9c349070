using System.Collections.Immutable;
using System.Globalization;

namespace Screening.Node.Configuration;

/// <summary>A piece of configuration as it was written, before it means anything, and the place it was written at.</summary>
internal abstract class SettingNode(ConfigurationPlace place)
{
    public ConfigurationPlace Place { get; } = place;
}

/// <summary>A string, integer, float, boolean, or something no setting takes.</summary>
/// <param name="value">A <see cref="string"/>, <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>; null for dates.</param>
/// <param name="source">The value's source text.</param>
internal sealed class SettingValue(object? value, string source, ConfigurationPlace place) : SettingNode(place)
{
    public object? Value { get; } = value;

    public string Source { get; } = source;

    /// <summary>
    /// The text, if this is one. On the command line and in the environment everything is text: <c>--set node.name=7</c> means "7" where a
    /// text is wanted.
    /// </summary>
    public string? Text => Value as string ?? (Place.Kind is PlaceKind.Environment or PlaceKind.Set ? Source : null);
}

/// <summary>An array, of values or of tables.</summary>
internal sealed class SettingList(IEnumerable<SettingNode> items, ConfigurationPlace place) : SettingNode(place)
{
    private readonly List<SettingNode> _items = [.. items];

    public IReadOnlyList<SettingNode> Items => _items;

    /// <summary>Known to hold values, not tables, even when empty.</summary>
    public bool IsOfValues { get; init; }

    /// <summary>The number of an item that is not given although later ones are; null: none.</summary>
    public int? Missing { get; init; }

    public void Add(SettingNode item) => _items.Add(item);

    /// <summary>The same as a table of numbered items, so that an override can reach one of them.</summary>
    public SettingTable Numbered(ConfigurationPlace place)
    {
        var table = new SettingTable(place);
        foreach (var (index, item) in _items.Index())
            table[index.ToString(CultureInfo.InvariantCulture)] = item;
        return table;
    }
}

/// <summary>A table. Keys keep the order they were written in.</summary>
internal sealed class SettingTable(ConfigurationPlace place) : SettingNode(place)
{
    private readonly OrderedDictionary<string, SettingNode> _entries = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, SettingNode>> Entries => _entries;

    public SettingNode? this[string key]
    {
        get => _entries.GetValueOrDefault(key);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _entries[key] = value;
        }
    }

    /// <summary>The table behind a key; made when it is not there or is something else. A list of tables stands for its last one.</summary>
    public SettingTable TableAt(string key, ConfigurationPlace place)
    {
        var found = this[key] is SettingList { Items: [.., SettingTable last] } ? last : this[key] as SettingTable;
        if (found is null)
            this[key] = found = new SettingTable(place);
        return found;
    }

    /// <summary>Puts a value at a path. Tables are merged key by key; anything else replaces what was there.</summary>
    public void Override(ImmutableArray<string> path, SettingNode value)
    {
        var table = this;
        for (var i = 0; i < path.Length - 1; i++)
        {
            // Unlike a table header in a file, an override reaches an item of a list by its number only.
            var inner = table[path[i]] as SettingTable;
            if (table[path[i]] is SettingList list && IsNumber(path[i + 1]))
                inner = list.Numbered(value.Place);
            table[path[i]] = inner ??= new SettingTable(value.Place);
            table = inner;
        }

        if (value is SettingTable overrides && table[path[^1]] is SettingTable existing)
        {
            foreach (var (key, entry) in overrides.Entries)
                existing.Override([key], entry);
        }
        else
        {
            table[path[^1]] = value;
        }
    }

    /// <summary>The items of a list that an override gives by their numbers, from 0 on; null: this is no such list.</summary>
    public SettingList? AsList()
    {
        if (Place.Kind is not (PlaceKind.Environment or PlaceKind.Set) || _entries.Count == 0 || !_entries.Keys.All(IsNumber))
            return null;
        var items = new List<SettingNode>();
        while (_entries.TryGetValue(items.Count.ToString(CultureInfo.InvariantCulture), out var item))
            items.Add(item);
        return new SettingList(items, Place) { Missing = items.Count < _entries.Count ? items.Count : null };
    }

    private static bool IsNumber(string key) => key.Length is > 0 and < 6 && key.All(char.IsAsciiDigit);
}
