#!/bin/bash

echo "Creating Test Data..."

# Create category
echo "Creating product category..."
CATEGORY_RESPONSE=$(curl -s -X POST http://localhost:3002/api/categories \
  -H "Content-Type: application/json" \
  -H "X-Internal-Key: workshop_internal_key_2023" \
  -d '{
    "name": "Electronics",
    "description": "Electronic devices and accessories"
  }')

echo "Category created: $CATEGORY_RESPONSE"

# Extract category ID
CATEGORY_ID=$(echo $CATEGORY_RESPONSE | jq -r '.data.category.id' 2>/dev/null || echo "electronics-category")

# Create products
echo "Creating test products..."
PRODUCT1=$(curl -s -X POST http://localhost:3002/api/products \
  -H "Content-Type: application/json" \
  -H "X-Internal-Key: workshop_internal_key_2023" \
  -d '{
    "name": "Laptop Computer",
    "description": "High-performance laptop for development",
    "price": 999.99,
    "categoryId": "'$CATEGORY_ID'",
    "stock": 10,
    "tags": ["laptop", "computer", "development"]
  }')

echo "Product 1 created: $PRODUCT1"

PRODUCT2=$(curl -s -X POST http://localhost:3002/api/products \
  -H "Content-Type: application/json" \
  -H "X-Internal-Key: workshop_internal_key_2023" \
  -d '{
    "name": "Wireless Mouse",
    "description": "Ergonomic wireless mouse",
    "price": 29.99,
    "categoryId": "'$CATEGORY_ID'",
    "stock": 50,
    "tags": ["mouse", "wireless", "accessory"]
  }')

echo "Product 2 created: $PRODUCT2"

echo ""
echo "Test data created successfully!"
echo "Category ID: $CATEGORY_ID"
echo "Use these products to test order creation"
