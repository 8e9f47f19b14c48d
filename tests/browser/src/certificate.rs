//! A certificate that nobody trusts, for the https server of the table: the browser is told to take any.

use std::sync::Arc;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Returns the configuration of a server with a key and a certificate of its own, made now.
pub(crate) fn server() -> Arc<ServerConfig> {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("randomness");
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key just made");
    let certificate = CertificateDer::from(self_signed(&key, &random));
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pkcs8.as_ref().to_vec()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    Arc::new(config.expect("the certificate of that key"))
}

/// RFC 5280, section 4.1, without extensions.
fn self_signed(key: &EcdsaKeyPair, random: &SystemRandom) -> Vec<u8> {
    let common_name = sequence(&[&element(OID, &[0x55, 4, 3]), &element(UTF8_STRING, b"example.com")]);
    let name = sequence(&[&element(SET, &common_name)]);
    let dates = sequence(&[&element(UTC_TIME, b"250101000000Z"), &element(UTC_TIME, b"490101000000Z")]);
    let ecdsa_with_sha256 = sequence(&[&element(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])]);
    let key_on_p256 = sequence(&[
        &element(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]),
        &element(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
    ]);
    let to_be_signed = sequence(&[
        &element(VERSION, &element(INTEGER, &[2])),
        &element(INTEGER, &[1]),
        &ecdsa_with_sha256,
        &name,
        &dates,
        &name,
        &sequence(&[&key_on_p256, &bit_string(key.public_key().as_ref())]),
    ]);
    let signature = key.sign(random, &to_be_signed).expect("randomness");
    sequence(&[&to_be_signed, &ecdsa_with_sha256, &bit_string(signature.as_ref())])
}

fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

fn bit_string(octets: &[u8]) -> Vec<u8> {
    // No bit of the last octet is unused.
    element(BIT_STRING, &[&[0], octets].concat())
}

/// X.690, 8.1, for contents below 65,536 octets.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(contents.len()).expect("a short element").to_be_bytes();
    let length: &[u8] = match (high, low) {
        (0, 0..0x80) => &[low],
        (0, _) => &[0x81, low],
        _ => &[0x82, high, low],
    };
    [&[tag], length, contents].concat()
}

const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const OID: u8 = 6;
const UTF8_STRING: u8 = 12;
const UTC_TIME: u8 = 23;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
