using System.Reflection;
using Microsoft.Extensions.Logging;
using Screening.Actors.Hosting;
using Screening.Node.Hosting;

namespace Screening.Node.Tests.Telemetry;

public class EventIdTests
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [Fact]
    public void Each_kind_of_message_has_an_id_of_its_own()
    {
        var messages = new[] { typeof(NodeHost).Assembly, typeof(ScreeningHandle).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(Any | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(found => found.Message is not null)
            .ToList();
        Assert.NotEmpty(messages);
        // The same event told in two forms, the first time and then with a number, has one id.
        Assert.All(messages.GroupBy(found => found.Message!.EventId), same =>
            Assert.Single(same.Select(found => (found.Method.DeclaringType, found.Message!.Level)).Distinct()));
    }
}
