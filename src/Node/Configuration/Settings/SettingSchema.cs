using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;

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
/// <param name="Rules">What a value, or an item, must be.</param>
internal sealed record Setting(
    string Name, PropertyInfo Property, SettingKind Kind, Type Type, ImmutableArray<ConstraintAttribute> Rules)
{
    public bool IsNeeded { get; } = Property.IsDefined(typeof(NeededAttribute));

    public bool EmptyIsNone { get; } = Property.IsDefined(typeof(EmptyIsNoneAttribute));

    public bool OnlyFirstIsShown { get; } = Property.IsDefined(typeof(OnlyFirstIsShownAttribute));

    public object? Get(object owner) => Property.GetValue(owner);

    /// <summary>The items of a list.</summary>
    public IEnumerable<object> GetItems(object owner) => ((IEnumerable)Get(owner)!).Cast<object>();

    public void Set(object owner, object? value) => Property.SetValue(owner, value);

    /// <summary>Sets a list.</summary>
    public void SetItems(object owner, IEnumerable<object> items)
    {
        var typed = (IEnumerable)typeof(Enumerable).GetMethod(nameof(Enumerable.Cast))!.MakeGenericMethod(Type).Invoke(null, [items])!;
        Property.SetValue(owner, ToImmutable.MakeGenericMethod(Type).Invoke(null, [typed]));
    }

    private static readonly MethodInfo ToImmutable = typeof(ImmutableArray).GetMethods()
        .Single(method => method.Name == nameof(ImmutableArray.CreateRange) && method.GetParameters() is [var only]
            && only.ParameterType.IsGenericType && only.ParameterType.GetGenericTypeDefinition() == typeof(IEnumerable<>));
}

/// <summary>
/// The settings that the options types declare. What is declared there is all there is to know: no setting is named twice.
/// </summary>
internal static class SettingSchema
{
    private static readonly ConcurrentDictionary<Type, ImmutableArray<Setting>> Cache = new();

    /// <summary>The settings of an options type, in the order of their properties.</summary>
    public static ImmutableArray<Setting> Of(Type options) => Cache.GetOrAdd(options, type =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(Describe),
    ]);

    /// <summary>The paths of all settings outside of lists and profiles.</summary>
    public static IEnumerable<string> Paths(Type options, string prefix = "") => Of(options).SelectMany(setting => setting.Kind switch
    {
        SettingKind.Table => Paths(setting.Type, prefix + setting.Name + '.'),
        SettingKind.Profiles => [],
        _ => [prefix + setting.Name],
    });

    private static Setting Describe(PropertyInfo property)
    {
        var type = property.PropertyType;
        var isList = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>);
        var item = isList ? type.GetGenericArguments()[0] : type;
        var isValue = SettingTypes.Find(item) is not null;
        var kind = (isList, isValue) switch
        {
            (true, true) => SettingKind.Values,
            (true, false) => SettingKind.Tables,
            (false, true) => SettingKind.Value,
            _ when type == typeof(ImmutableSortedDictionary<string, ProfileOptions>) => SettingKind.Profiles,
            _ => SettingKind.Table,
        };
        return new Setting(
            property.GetCustomAttribute<SettingNameAttribute>()?.Name ?? SettingTypes.Separated(property.Name, '_'),
            property,
            kind,
            item,
            [.. property.GetCustomAttributes<ConstraintAttribute>()]);
    }
}
