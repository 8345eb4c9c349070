using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Screening.Node.Configuration;

internal enum SettingKind
{
    /// <summary>A single value.</summary>
    Value,

    /// <summary>A list of single values.</summary>
    Values,

    /// <summary>A table of settings.</summary>
    Table,

    /// <summary>A list of such tables.</summary>
    Tables,

    /// <summary>A table of profiles by name.</summary>
    Profiles,
}

/// <summary>A setting: a property of an options type, seen from the file.</summary>
/// <param name="Name">The key in the file.</param>
/// <param name="Property">The property.</param>
/// <param name="Kind">Its shape.</param>
/// <param name="Type">The property's type, or that of an item.</param>
/// <param name="Definition">What is said of it.</param>
/// <param name="Constraints">What a value, or an item, must be.</param>
internal sealed partial record Setting(
    string Name,
    PropertyInfo Property,
    SettingKind Kind,
    Type Type,
    SettingAttribute Definition,
    ImmutableArray<ConstraintAttribute> Constraints)
{
    private static readonly MethodInfo ToItems =
        typeof(Setting).GetMethod(nameof(ItemsOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    // An options type is described when the first of its settings is given: commands that read little start sooner.
    private static readonly ConcurrentDictionary<Type, ImmutableArray<Setting>> Known = new();

    /// <summary>The values that are taken, in Markdown; empty: any of the type.</summary>
    public string Range => Definition.Range.Length > 0
        ? Definition.Range
        : string.Join(", ", Constraints.Select(constraint => constraint.Range).Prepend(Definition.Unit)
            .Where(part => part.Length > 0).DefaultIfEmpty(SettingTypes.Find(Type)?.Range ?? ""));

    /// <summary>Range and meaning in plain text, for a comment or an editor.</summary>
    public string Description => Markup().Replace(Range.Length > 0 ? $"{Range}: {Definition.Meaning}" : Definition.Meaning, "$1$2");

    /// <summary>The settings of an options type, in the order of their properties.</summary>
    public static ImmutableArray<Setting> Of(Type options) => Known.GetOrAdd(options, type =>
    [
        .. from property in type.GetProperties()
           let attributes = property.GetCustomAttributes<Attribute>().ToList()
           let definition = attributes.OfType<SettingAttribute>().FirstOrDefault()
           where definition is not null
           select Describe(property, definition, [.. attributes.OfType<ConstraintAttribute>()]),
    ]);

    /// <summary>The paths of all settings outside of lists and profiles.</summary>
    public static IEnumerable<string> Paths(Type options, string prefix = "") => Of(options).SelectMany(setting => setting.Kind switch
    {
        SettingKind.Table => Paths(setting.Type, prefix + setting.Name + '.'),
        SettingKind.Profiles => [],
        _ => [prefix + setting.Name],
    });

    public object? Get(object owner) => Property.GetValue(owner);

    /// <summary>The items of a list.</summary>
    public IEnumerable<object> GetItems(object owner) => ((IEnumerable)Get(owner)!).Cast<object>();

    public void Set(object owner, object? value) => Property.SetValue(owner, value);

    /// <summary>Sets a list.</summary>
    public void SetItems(object owner, IEnumerable<object> items) => Set(owner, ToItems.MakeGenericMethod(Type).Invoke(null, [items]));

    private static ImmutableArray<T> ItemsOf<T>(IEnumerable<object> items) => [.. items.Cast<T>()];

    private static Setting Describe(PropertyInfo property, SettingAttribute definition, ImmutableArray<ConstraintAttribute> constraints)
    {
        var type = property.PropertyType;
        var isList = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>);
        var item = isList ? type.GetGenericArguments()[0] : type;
        var kind = (isList, SettingTypes.Find(item) is not null) switch
        {
            (true, true) => SettingKind.Values,
            (true, false) => SettingKind.Tables,
            (false, true) => SettingKind.Value,
            _ when type == typeof(ImmutableSortedDictionary<string, ProfileOptions>) => SettingKind.Profiles,
            _ => SettingKind.Table,
        };
        return new Setting(definition.Name ?? Wording.Separated(property.Name, '_'), property, kind, item, definition, constraints);
    }

    // Links lead to pages that are not beside the file, so their words alone stay; bold words and code lose their marks.
    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)|\*\*([^*]*)\*\*|`")]
    private static partial Regex Markup();
}
