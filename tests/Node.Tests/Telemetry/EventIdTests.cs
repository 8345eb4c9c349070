using System.Reflection;
using Microsoft.Extensions.Logging;
using Screening.Actors.Hosting;
using Screening.Node.Hosting;

namespace Screening.Node.Tests.Telemetry;

/// <summary>Operators filter by event ids, so each means one thing, and all of them can be read in one place of each part.</summary>
public class EventIdTests
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Type[] Types =
        [.. new[] { typeof(NodeHost).Assembly, typeof(ScreeningHandle).Assembly }.SelectMany(assembly => assembly.GetTypes())];

    private static readonly List<(MethodInfo Method, LoggerMessageAttribute Message)> Messages =
    [
        .. from type in Types
           from method in type.GetMethods(Any | BindingFlags.DeclaredOnly)
           let message = method.GetCustomAttribute<LoggerMessageAttribute>()
           where message is not null
           select (method, message),
    ];

    [Fact]
    public void Each_kind_of_message_has_an_id_of_its_own()
    {
        Assert.NotEmpty(Messages);
        // The same event told in two forms, the first time and then with a number, has one id.
        Assert.All(Messages.GroupBy(found => found.Message.EventId), same =>
            Assert.Single(same.Select(found => (found.Method.DeclaringType, found.Message.Level)).Distinct()));
    }

    [Fact]
    public void Each_id_has_a_name_and_each_name_is_used_and_in_a_range()
    {
        var names = Types.Where(type => type.Name.EndsWith("EventIds", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(Any)).ToDictionary(field => (int)field.GetRawConstantValue()!, field => field.Name);
        Assert.Equal(names.Keys.Order(), Messages.Select(found => found.Message.EventId).Distinct().Order());
        Assert.All(names, id => Assert.Contains(id.Key / 1000, (int[])[1, 2, 3, 4, 5, 9]));
    }
}
