using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

/// <summary>A folder of its own for a test's configuration files, and requests that see nothing but it.</summary>
public sealed class ConfigurationFixture : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("screening-config-").FullName;

    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    internal ConfigurationRequest Request(params string[] sets) => new()
    {
        CurrentDirectory = Folder,
        SystemDirectory = Path.Combine(Folder, "etc"),
        ResolverFile = Path.Combine(Folder, "resolv.conf"),
        HostName = "mx1",
        Sets = sets,
    };

    /// <summary>Loads a text as <c>screening.toml</c>.</summary>
    internal ConfigurationResult Load(string text, params string[] sets)
    {
        Write("screening.toml", text);
        return ConfigurationLoader.Load(Request(sets));
    }

    internal ScreeningOptions Options(string text, params string[] sets)
    {
        var result = Load(text, sets);
        Assert.Empty(result.Faults.Select(fault => fault.ToString()));
        return result.Options!;
    }

    internal static string Show(ScreeningOptions options) =>
        TomlText.Write(OptionsTree.Of(options, new Dictionary<string, ConfigurationPlace>()));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
