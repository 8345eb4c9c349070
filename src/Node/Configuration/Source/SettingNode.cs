using System.Collections.Immutable;

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

    public void Add(SettingNode item) => _items.Add(item);
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
        foreach (var key in path[..^1])
        {
            // Unlike a table header in a file, an override never reaches into a list.
            if (table[key] is not SettingTable inner)
                table[key] = inner = new SettingTable(value.Place);
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
}
