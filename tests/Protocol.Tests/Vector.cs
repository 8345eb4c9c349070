namespace Screening.Protocol.Tests;

/// <summary>The files in Vectors/.</summary>
internal static class Vector
{
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", name));
}
