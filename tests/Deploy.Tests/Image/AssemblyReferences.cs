using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Screening.Deploy.Tests.Image;

/// <summary>What the assemblies of a folder refer to, by type, and whether it is there.</summary>
internal static class AssemblyReferences
{
    // From a facade to where a type is defined, there are one or two hops.
    private const int MostForwards = 5;

    /// <summary>References into the void: "type of assembly, needed by assembly".</summary>
    /// <param name="root">The assembly from which the others are reached; what it does not reach may refer to anything.</param>
    public static IReadOnlyList<string> Missing(string folder, string root)
    {
        var assemblies = Read(folder);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var reached = new HashSet<string> { root };
        var next = new Queue<string>(reached);
        while (next.TryDequeue(out var name))
        {
            foreach (var (assembly, type) in assemblies[name].References)
            {
                var at = assembly;
                for (var hops = 0; at is not null && hops < MostForwards; hops++)
                {
                    if (!assemblies.TryGetValue(at, out var target) || !target.Types.TryGetValue(type, out var forwarded))
                    {
                        missing.Add($"{type} of {at}, needed by {name}");
                        break;
                    }

                    if (reached.Add(at))
                        next.Enqueue(at);
                    at = forwarded;
                }
            }
        }

        return [.. missing];
    }

    private static Dictionary<string, (IReadOnlyList<(string Assembly, string Type)> References, Dictionary<string, string?> Types)> Read(
        string folder)
    {
        var assemblies = new Dictionary<string, (IReadOnlyList<(string, string)>, Dictionary<string, string?>)>();
        foreach (var file in Directory.GetFiles(folder, "*.dll"))
        {
            using var image = new PEReader(File.OpenRead(file));
            var reader = image.GetMetadataReader();
            assemblies[Path.GetFileNameWithoutExtension(file)] = ([.. ReferencesOf(reader)], TypesOf(reader));
        }

        return assemblies;
    }

    private static IEnumerable<(string Assembly, string Type)> ReferencesOf(MetadataReader reader) =>
        from handle in reader.TypeReferences
        let type = reader.GetTypeReference(handle)
        where type.ResolutionScope.Kind == HandleKind.AssemblyReference
        select (NameOf(reader, (AssemblyReferenceHandle)type.ResolutionScope), NameOf(reader, type.Namespace, type.Name));

    // A type that is defined elsewhere has the name of that assembly.
    private static Dictionary<string, string?> TypesOf(MetadataReader reader)
    {
        var types = new Dictionary<string, string?>();
        foreach (var type in reader.TypeDefinitions.Select(reader.GetTypeDefinition).Where(type => type.GetDeclaringType().IsNil))
            types[NameOf(reader, type.Namespace, type.Name)] = null;
        foreach (var type in reader.ExportedTypes.Select(reader.GetExportedType))
        {
            if (type.Implementation.Kind == HandleKind.AssemblyReference)
                types.TryAdd(NameOf(reader, type.Namespace, type.Name), NameOf(reader, (AssemblyReferenceHandle)type.Implementation));
        }

        return types;
    }

    private static string NameOf(MetadataReader reader, AssemblyReferenceHandle assembly) =>
        reader.GetString(reader.GetAssemblyReference(assembly).Name);

    private static string NameOf(MetadataReader reader, StringHandle inNamespace, StringHandle name) =>
        $"{reader.GetString(inNamespace)}.{reader.GetString(name)}";
}
