using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using NJsonSchema;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>
/// Checks objects of operators that the two checkers do not know (cert-manager, Prometheus), by schemas of the fields that the manifests
/// use: another field, a wrong type and a missing field are told.
/// </summary>
internal static class CustomResource
{
    private static readonly ConcurrentDictionary<string, JsonSchema> Schemas = new();

    public static bool IsOne(JsonObject document) =>
        document["apiVersion"]!.GetValue<string>().Split('/')[0] is "cert-manager.io" or "monitoring.coreos.com";

    public static IEnumerable<string> Faults(JsonObject document)
    {
        var kind = document["kind"]!.GetValue<string>();
        var schema = Schemas.GetOrAdd(kind, Read);
        return schema.Validate(document.ToJsonString()).Select(fault => $"{kind}: {fault.Path}: {fault.Kind}");
    }

    private static JsonSchema Read(string kind)
    {
        var file = Repository.File($"tests/Deploy.Tests/Kubernetes/Schemas/{kind}.json");
        return JsonSchema.FromJsonAsync(File.ReadAllText(file)).GetAwaiter().GetResult();
    }
}
